from typing import Any

from portal.kernel.core import ports
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Write what lists show of names and texts where a release before wrote none, or left that of another name."

    def handle(self, *args: Any, **options: Any) -> None:
        """In short transactions beside running traffic; run again it writes nothing."""
        written = dict(fill(again=True) for fill in ports.short_texts)
        line = f"Written: {', '.join(f'{count:,} of {name}' for name, count in written.items())}."
        self.answer(written, line, options=options)
