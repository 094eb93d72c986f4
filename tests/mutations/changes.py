"""The mutants of a module: one small change each, written into its text so that every other line stays as it is."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
#: A line of a log that is missing is no fault that a test has to find.
LOGS = {"log", "logger"}


@dataclass(frozen=True)
class Mutant:
    """One change of a module: where, from what, to what, and the whole changed text."""

    line: int
    kind: str
    before: str
    after: str
    text: str = ""


def mutants_of(text: str) -> list[Mutant]:
    """Every mutant of a module's text, in the order of the text. Annotations and docstrings are left alone."""
    tree = ast.parse(text)
    found = [mutant for node in _nodes(tree) for mutant in _of_node(node, text)]
    return sorted(found, key=lambda mutant: (mutant.line, mutant.kind, mutant.before, mutant.after))


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        return  # before Python 3.12 what is in it has the place of another
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _nodes(child)


def _of_node(node: ast.AST, text: str) -> Iterator[Mutant]:
    """The mutants that change this very node."""
    if isinstance(node, ast.Compare):
        opposite = OPPOSITES[type(node.ops[0])]()
        yield _changed(node, ast.Compare(node.left, [opposite, *node.ops[1:]], node.comparators), "comparison", text)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield _changed(node, ast.BoolOp(other, node.values), "and/or", text)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _changed(node, node.operand, "negation", text)
    elif isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
        yield _changed(node.test, ast.UnaryOp(ast.Not(), node.test), "negation", text)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _changed(node, ast.Constant(not node.value), "negation", text)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _changed(node, ast.Constant(node.value + 1), "constant", text)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield _changed(node, ast.Return(ast.Constant(None)), "return", text)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _is_log(node.value):
        yield _changed(node, ast.Pass(), "call", text)
    if isinstance(node, ast.Call) and not _is_log(node):
        for keyword in node.keywords:
            if keyword.arg is not None:
                others = [each for each in node.keywords if each is not keyword]
                yield _changed(node, ast.Call(node.func, node.args, others), f"keyword {keyword.arg}", text)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_log(call: ast.Call) -> bool:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(of, ast.Name) and of.id in LOGS


def _changed(node: ast.expr | ast.stmt, new: ast.AST, kind: str, text: str) -> Mutant:
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    # Columns count bytes.
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    whole = text.encode()
    after = ast.unparse(ast.fix_missing_locations(new))
    in_place = after if isinstance(node, ast.stmt) else f"({after})"
    changed = whole[:begin] + in_place.encode() + whole[end:]
    return Mutant(node.lineno, kind, " ".join(whole[begin:end].decode().split()), after, changed.decode())
