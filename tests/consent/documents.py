"""The same words as a text file, as Markdown, as HTML and as a Word document."""

import html
import io
import re
import zipfile

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+.!~<>|-])")
MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def blocks_of(text):
    """The paragraphs of a text, each a list of its lines."""
    return [block.split("\n") for block in text.strip("\n").split("\n\n")]


def escaped(line):
    return _MARKDOWN.sub(r"\\\1", line)


def as_markdown(text):
    """Headings with marks, the rest escaped; a line break asked for at the end of each line."""
    found = []
    for lines in blocks_of(text):
        is_list = all(line.startswith("- ") for line in lines)
        if is_list:
            found.append("\n".join(f"* {escaped(line[2:])}" for line in lines))
        else:
            mark = "## " if len(lines) == 1 and re.match(r"\d", lines[0]) and not lines[0].endswith(".") else ""
            found.append(mark + "  \n".join(map(escaped, lines)))
    return "\n\n".join(found).encode()


def as_html(text):
    found = ["<!DOCTYPE html><html><head><title>Not read</title><style>p{color:red}</style></head><body>"]
    for lines in blocks_of(text):
        if all(line.startswith("- ") for line in lines):
            found.append("<ul>" + "".join(f"<li>{html.escape(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            found.append("<p><b>" + "</b><br>\n<b>".join(map(html.escape, lines)) + "</b></p>")
    return "".join([*found, "<script>alert(1)</script></body></html>"]).encode()


def paragraph(words, properties=""):
    runs = "<w:r><w:br/></w:r>".join(
        f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{html.escape(line, quote=False)}</w:t></w:r>'
        for line in words.split("\n")
    )
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def numbered(number, level):
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


LISTS = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>'
    "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="·"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def packed(body, *, lists=LISTS, styles="", more=()):
    """A Word document with this body."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<w:document xmlns:w="{MAIN}"><w:body>{body}</w:body></w:document>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{MAIN}">{lists}</w:numbering>',
        "word/styles.xml": f'<w:styles xmlns:w="{MAIN}">{styles}</w:styles>',
        **dict(more),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return made.getvalue()


def as_word(text):
    found = []
    for lines in blocks_of(text):
        if all(line.startswith("- ") for line in lines):
            found += [paragraph(line[2:], numbered(2, 0)) for line in lines]
        else:
            found.append(paragraph("\n".join(lines)))
    return packed("".join(found))


#: By the end of the file's name.
FORMS = {"txt": str.encode, "md": as_markdown, "html": as_html, "docx": as_word}
