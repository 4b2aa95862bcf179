#!/usr/bin/env python3
"""render.py FOLDER ARCHIVE...: makes one site of plain HTML from DocC archives.

All links are relative, and nothing is fetched, so the site opens from a folder and from any path of a web server. An
article, a module and a type have a page each. The members of a type are sections of its page."""

import html
import json
import os
import pathlib
import re
import shutil
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
TYPES = {"struct", "enum", "class", "protocol", "extension", "actor"}
IMPLICIT = {"Copyable", "Escapable", "SendableMetatype", "BitwiseCopyable"}
NESTED = {"Structures", "Classes", "Enumerations", "Protocols", "Type Aliases"}
escape = html.escape


def name(title):
    """The name of a symbol as code, which a line can break behind a colon."""
    return f"<code>{escape(title, quote=False)}</code>".replace(":", ":<wbr>")


def quote(text):
    return urllib.parse.quote(text, safe="/():,.-_~!*+=@'")


class Doc:
    """A page of an archive: an article or a symbol."""

    def __init__(self, data, archive):
        self.data, self.archive = data, archive
        self.meta = data["metadata"]
        self.path = urllib.parse.unquote(urllib.parse.urlparse(data["identifier"]["url"]).path).removeprefix(
            "/documentation/"
        )
        self.kind = self.meta.get("symbolKind")
        self.title = self.meta["title"]
        self.isGenerated = self.meta["role"] == "collectionGroup" and self.path.endswith("-Implementations")
        self.isModule = "/" not in self.path
        self.isArticle = self.kind is None and not self.isGenerated
        self.isPage = not self.isGenerated and (
            self.isArticle or self.isModule or self.kind in TYPES or self.path.count("/") == 1
        )
        self.members = []

    @property
    def module(self):
        return self.path.split("/")[0]

    @property
    def anchor(self):
        return self.path.split("/")[-1]

    @property
    def file(self):
        return f"{self.path}/index.html" if self.isModule else f"{self.path}.html"

    @property
    def longTitle(self):
        """The title, with the type of a member."""
        return self.title if self.isPage else f"{self.path.split('/')[-2].split('-swift.')[0]}.{self.title}"

    @property
    def abstract(self):
        return self.data.get("abstract", [])

    def sections(self, kind):
        return [section for section in self.data.get("primaryContentSections", []) if section["kind"] == kind]


class Site:
    def __init__(self, archives):
        self.docs, self.usrs, self.images = {}, {}, {}
        for archive in archives:
            for file in sorted((archive / "data/documentation").rglob("*.json")):
                doc = Doc(json.loads(file.read_text(encoding="utf-8")), archive)
                self.docs[doc.path.lower()] = doc
        self.modules = [doc for doc in self.docs.values() if doc.isModule]
        self.modules.sort(key=lambda doc: [archive.stem for archive in archives].index(doc.module))
        for doc in self.docs.values():
            parent = self.docs.get(doc.path.rpartition("/")[0].lower())
            if not doc.isPage and not doc.isGenerated and parent:
                parent.members.append(doc)
            # A type that a module exports again has a page in both. A declaration links to the page of its own module.
            if usr := doc.meta.get("externalID"):
                self.usrs.setdefault((doc.module, usr), doc)
                self.usrs.setdefault(usr, doc)
        self.front = self.modules[0]

    def find(self, url):
        """The document of a URL of DocC, and the fragment."""
        url = urllib.parse.urlparse(url)
        doc = self.docs.get(urllib.parse.unquote(url.path).removeprefix("/documentation/").lower())
        return doc, urllib.parse.unquote(url.fragment)

    def articleGroups(self):
        for group in self.front.data.get("topicSections", []):
            docs = [self.find(identifier)[0] for identifier in group["identifiers"]]
            if all(doc and doc.isArticle for doc in docs):
                yield group, docs

    def shows(self, member):
        """Whether a member is worth a section: conformances that the compiler or the standard library makes are not."""
        parent = self.docs.get(member.path.rpartition("/")[0].lower())
        listed = {i for group in parent.data.get("topicSections", []) for i in group["identifiers"]}
        return member.data["identifier"]["url"] in listed or bool(member.abstract)


class Page:
    """Renders one page; knows where it is, for relative links."""

    def __init__(self, site, file, doc):
        self.site, self.file, self.doc = site, file, doc
        self.references = doc.data["references"]
        self.headings, self.shown = [], []
        self.prefix, self.shift = "", 0

    def to(self, file, fragment=""):
        path = "" if file == self.file and fragment else quote(os.path.relpath(file, os.path.dirname(self.file)))
        return path + (f"#{quote(fragment)}" if fragment else "")

    def hrefOf(self, doc, fragment=""):
        if doc.isPage:
            return self.to(doc.file, fragment)
        parent = self.site.docs.get(doc.path.rpartition("/")[0].lower())
        return self.to(parent.file, doc.anchor) if parent and parent.isPage and self.site.shows(doc) else None

    def link(self, doc, content, fragment="", attributes=""):
        href = self.hrefOf(doc, fragment) if doc else None
        return f'<a href="{href}"{attributes}>{content}</a>' if href else content

    # Inline content

    def inline(self, nodes):
        return "".join(getattr(self, f"inline_{node['type']}")(node) for node in nodes)

    def inline_text(self, node):
        return escape(node["text"], quote=False)

    def inline_codeVoice(self, node):
        code = f"<code>{escape(node['code'], quote=False)}</code>"
        module = self.site.docs.get(node["code"].lower())
        return self.link(module, code) if module in self.site.modules and module is not self.doc else code

    def inline_emphasis(self, node):
        return f"<em>{self.inline(node['inlineContent'])}</em>"

    def inline_strong(self, node):
        return f"<strong>{self.inline(node['inlineContent'])}</strong>"

    inline_newTerm = inline_emphasis
    inline_inlineHead = inline_strong

    def inline_link(self, node):
        return f'<a href="{escape(node["destination"])}">{self.inline(node["titleInlineContent"])}</a>'

    def inline_reference(self, node):
        reference = self.references[node["identifier"]]
        if reference["type"] == "link":
            content = node.get("overridingTitleInlineContent") or reference["titleInlineContent"]
            return f'<a href="{escape(reference["url"])}">{self.inline(content)}</a>'
        if content := node.get("overridingTitleInlineContent"):
            content = self.inline(content)
        else:
            title = escape(reference["title"], quote=False)
            content = f"<code>{title}</code>" if reference.get("kind") == "symbol" else title
        doc, fragment = self.site.find(reference.get("url", ""))
        return self.link(doc, content, fragment)

    def inline_image(self, node):
        reference = self.references[node["identifier"]]
        files = {}
        for variant in reference["variants"]:
            source = self.doc.archive / urllib.parse.unquote(variant["url"]).lstrip("/")
            file = f"images/{self.doc.module}/{source.name}"
            self.site.images[file] = source
            files["dark" if "dark" in variant["traits"] else "light"] = self.to(file)
        light = files.get("light") or files["dark"]
        dark = f'<source srcset="{files["dark"]}" media="(prefers-color-scheme: dark)">' if "dark" in files else ""
        alt = escape(reference.get("alt") or "")
        return f'<a class="figure" href="{light}"><picture>{dark}<img src="{light}" alt="{alt}"></picture></a>'

    # Blocks

    def blocks(self, nodes):
        return "".join(getattr(self, f"block_{node['type']}")(node) for node in nodes)

    def block_paragraph(self, node):
        return f"<p>{self.inline(node['inlineContent'])}</p>\n"

    def block_heading(self, node):
        anchor = self.prefix + node["anchor"]
        level = min(node["level"] + self.shift, 6)
        title = escape(node["text"], quote=False)
        if level == 2:
            self.headings.append((anchor, title))
        return f'<h{level} id="{escape(anchor)}"><a class="self" href="#{quote(anchor)}">{title}</a></h{level}>\n'

    def block_codeListing(self, node):
        kind = escape(node.get("syntax") or "text")
        code = escape("\n".join(node["code"]), quote=False)
        return f'<pre class="{kind}" tabindex="0"><code>{code}</code></pre>\n'

    def block_aside(self, node):
        label = f'<p class="label">{escape(node["name"])}</p>'
        return f'<aside class="{escape(node["style"])}">{label}{self.blocks(node["content"])}</aside>\n'

    def items(self, node):
        return "".join(f"<li>{self.tight(item['content'])}</li>" for item in node["items"])

    def tight(self, content):
        if len(content) == 1 and content[0]["type"] == "paragraph":
            return self.inline(content[0]["inlineContent"])
        return self.blocks(content)

    def block_unorderedList(self, node):
        return f"<ul>{self.items(node)}</ul>\n"

    def block_orderedList(self, node):
        return f'<ol start="{node.get("start", 1)}">{self.items(node)}</ol>\n'

    def block_termList(self, node):
        return (
            "<dl>"
            + "".join(
                f"<dt>{self.inline(item['term']['inlineContent'])}</dt>"
                f"<dd>{self.tight(item['definition']['content'])}</dd>"
                for item in node["items"]
            )
            + "</dl>\n"
        )

    def block_thematicBreak(self, node):
        return "<hr>\n"

    def block_table(self, node):
        lines = []
        aligned = [
            {"left": "", "right": ' class="right"', "center": ' class="center"'}.get(side, "")
            for side in node.get("alignments", [])
        ]
        for number, row in enumerate(node["rows"]):
            cells = []
            for column, cell in enumerate(row):
                name = (
                    "th"
                    if number == 0
                    and node["header"] in ("row", "both")
                    or column == 0
                    and node["header"] in ("column", "both")
                    else "td"
                )
                cells.append(f"<{name}{aligned[column] if aligned else ''}>{self.tight(cell)}</{name}>")
            lines.append("<tr>" + "".join(cells) + "</tr>")
        head, body = (lines[:1], lines[1:]) if node["header"] in ("row", "both") else ([], lines)
        head = f"<thead>{''.join(head)}</thead>" if head else ""
        table = f'<table>{head}<tbody>{"".join(body)}</tbody></table>'
        return f'<div class="table" tabindex="0" role="region" aria-label="Table">{table}</div>\n'

    # Symbols

    def declaration(self, doc):
        parts = []
        for section in doc.sections("declarations"):
            for declaration in section["declarations"]:
                parts.append(
                    f'<pre class="declaration" tabindex="0"><code>{self.tokens(declaration["tokens"])}</code></pre>\n'
                )
        return "".join(parts)

    def tokens(self, tokens):
        breaks = self.breaks(tokens)
        text = []
        at = 0
        for token in tokens:
            content = ""
            for character in token["text"]:
                content += breaks.get((at, 0), "") + escape(character, quote=False)
                content += breaks.get((at, 1), "")
                at += 1
            content = content.replace("\n     ", "\n    ")
            usr = token.get("preciseIdentifier")
            target = self.site.usrs.get((self.doc.module, usr)) or self.site.usrs.get(usr)
            if usr and target and target is not self.doc:
                content = self.link(target, content)
            if token["kind"] in ("keyword", "attribute"):
                content = f"<b>{content}</b>"
            text.append(content)
        return re.sub(r"\n +(?= )", "\n   ", "".join(text))

    @staticmethod
    def breaks(tokens):
        """Where to break a long declaration: before and behind its parameters, and behind each comma."""
        whole = "".join(token["text"] for token in tokens)
        if len(whole) < 76 or "\n" in whole:
            return {}
        start = re.search(r"\b(func|init\??|subscript)\b[^(]*\(", whole)
        if not start:
            return {}
        places, depth, commas = {(start.end() - 1, 1): "\n    "}, 0, 0
        for at in range(start.end() - 1, len(whole)):
            depth += (whole[at] in "([") - (whole[at] in ")]")
            if whole[at] == "," and depth == 1:
                places[at, 1] = "\n   "
                commas += 1
            if depth == 0:
                places[at, 0] = "\n"
                break
        return places if commas else {}

    def details(self, doc):
        """Parameters and discussion of a symbol or an article."""
        text = []
        for section in doc.data.get("primaryContentSections", []):
            if section["kind"] == "parameters":
                rows = "".join(
                    f"<dt><code>{escape(p['name'])}</code></dt><dd>{self.tight(p['content'])}</dd>"
                    for p in section["parameters"]
                )
                text.append(f'<dl class="parameters">{rows}</dl>\n')
            elif section["kind"] == "content":
                content = section["content"]
                # DocC puts a heading before a symbol's discussion, which says nothing beside the symbol.
                if (
                    content
                    and content[0]["type"] == "heading"
                    and content[0]["text"] in ("Overview", "Discussion")
                    and not doc.isArticle
                ):
                    content = content[1:]
                text.append(self.blocks(content))
        return "".join(text)

    def entry(self, doc):
        title = escape(doc.title, quote=False) if doc.isArticle else name(doc.title)
        return f"<li>{self.link(doc, title)}<p>{self.inlineOf(doc)}</p></li>"

    def inlineOf(self, doc):
        """The abstract of another page."""
        own, self.references = self.references, doc.data["references"]
        text = self.inline(doc.abstract)
        self.references = own
        return text

    def entries(self, docs):
        return f'<ul class="entries">{"".join(map(self.entry, docs))}</ul>\n' if docs else ""

    def member(self, doc):
        self.shown.append(doc)
        self.references, self.prefix, self.shift = doc.data["references"], doc.anchor + "--", 2
        required = ' <span class="tag">required</span>' if doc.meta.get("required") else ""
        text = (
            f'<section class="member" id="{escape(doc.anchor)}"><h3><a class="self" href="#{quote(doc.anchor)}">'
            f"{name(doc.title)}</a>{required}</h3>\n{self.declaration(doc)}"
            f"<p>{self.inline(doc.abstract)}</p>\n{self.details(doc)}</section>\n"
        )
        self.references, self.prefix, self.shift = self.doc.data["references"], "", 0
        return text.replace("<p></p>\n", "")

    def topics(self, groups):
        text, seen = [], set()
        # Nested types are behind the members in groups that docc has made.
        for group in sorted(groups, key=lambda group: group.get("generated", False) and group["title"] in NESTED):
            docs = [self.site.find(identifier)[0] for identifier in group["identifiers"]]
            docs = [doc for doc in docs if doc and not doc.isGenerated]
            if not docs:
                continue
            anchor, title = group.get("anchor") or group["title"].replace(" ", "-"), escape(group["title"], quote=False)
            anchor = "topic-" + anchor
            self.headings.append((anchor, title))
            text.append(
                f'<section><h2 id="{escape(anchor)}"><a class="self" href="#{quote(anchor)}">{title}</a></h2>\n'
            )
            text.append(
                self.blocks(
                    [
                        *([{"type": "paragraph", "inlineContent": group["abstract"]}] if group.get("abstract") else []),
                        *group.get("discussion", {}).get("content", []),
                    ]
                )
            )
            text.append(self.entries([doc for doc in docs if doc.isPage]))
            for doc in docs:
                if not doc.isPage and doc.path not in seen:
                    seen.add(doc.path)
                    text.append(self.member(doc))
            text.append("</section>\n")
        rest = [doc for doc in self.doc.members if doc.path not in seen and self.site.shows(doc)]
        if rest:
            self.headings.append(("topic-conformances", "Conformances"))
            text.append(
                '<section><h2 id="topic-conformances"><a class="self" href="#topic-conformances">'
                "Conformances</a></h2>\n"
            )
            text += [self.member(doc) for doc in rest]
            del self.shown[-len(rest) :]
            text.append("</section>\n")
        return "".join(text)

    def relationships(self):
        lines = []
        for section in self.doc.data.get("relationshipsSections", []):
            names = []
            for identifier in section["identifiers"]:
                reference = self.references[identifier]
                title = reference["title"].removeprefix("Swift.")
                if title not in IMPLICIT:
                    doc = self.site.find(reference.get("url", ""))[0] if "url" in reference else None
                    names.append(self.link(doc, f"<code>{escape(title)}</code>"))
            if names:
                lines.append(f"<dt>{escape(section['title'].capitalize())}</dt><dd>{', '.join(names)}</dd>")
        mentions = [
            self.site.find(identifier)[0]
            for section in self.doc.sections("mentions")
            for identifier in section["mentions"]
        ]
        mentions = [self.link(doc, escape(doc.title)) for doc in mentions if doc and doc.isArticle and not doc.isModule]
        if mentions:
            lines.append(f"<dt>Mentioned in</dt><dd>{', '.join(mentions)}</dd>")
        return f'<dl class="facts">{"".join(lines)}</dl>\n' if lines else ""

    def seeAlso(self):
        docs = [
            self.site.find(i)[0] for section in self.doc.data.get("seeAlsoSections", []) for i in section["identifiers"]
        ]
        docs = [doc for doc in dict.fromkeys(docs) if doc and self.hrefOf(doc)]
        if not docs:
            return ""
        return f'<section class="also"><h2 id="see-also">See also</h2>\n{self.entries(docs)}</section>\n'

    # The whole page

    def navigation(self):
        def item(doc, title):
            current = ' aria-current="page"' if doc is self.doc and self.file == doc.file else ""
            return f"<li>{self.link(doc, title, attributes=current)}</li>"

        text = []
        for group, docs in self.site.articleGroups():
            text.append(
                f"<p>{escape(group['title'], quote=False)}</p>"
                f"<ul>{''.join(item(doc, escape(doc.title, quote=False)) for doc in docs)}</ul>"
            )
        text.append("<p>Modules</p><ul>")
        for module in self.site.modules:
            text.append(item(module, f"<code>{module.title}</code>"))
            if module.module == self.doc.module and not self.doc.isArticle and self.file != "index.html":
                symbols = [
                    self.site.find(i)[0] for group in module.data.get("topicSections", []) for i in group["identifiers"]
                ]
                symbols = [doc for doc in symbols if doc and not doc.isArticle]
                text.append(f'<li><ul>{"".join(item(doc, name(doc.title)) for doc in symbols)}</ul></li>')
        return "".join(text) + "</ul>"

    def trail(self):
        steps = [f'<a href="{self.to("index.html")}">Documentation</a>']
        if not self.doc.isModule:
            parts = self.doc.path.split("/")
            for count in range(1, len(parts)):
                parent = self.site.docs.get("/".join(parts[:count]).lower())
                if parent and not (self.doc.isArticle and parent is self.site.front):
                    steps.append(self.link(parent, escape(parent.meta.get("title").split(".")[-1])))
        return ' <span aria-hidden="true">/</span> '.join(steps)

    def body(self):
        doc = self.doc
        if self.file == "index.html":
            groups = [group for group, _ in self.site.articleGroups()]
            main = f'<h1>{escape(doc.title)}</h1>\n<p class="abstract">{self.inline(doc.abstract)}</p>\n'
            main += self.details(doc)
            self.headings.clear()
            main += f'<div class="readers">{self.topics(groups)}</div>'
            self.headings.append(("modules", "Modules"))
            return (
                main
                + '<section><h2 id="modules"><a class="self" href="#modules">Modules</a></h2>\n'
                + f"{self.entries(self.site.modules)}</section>"
            )
        kind = "" if doc.isArticle and not doc.isModule else doc.meta.get("roleHeading", "")
        kind = "Module" if doc.isModule else kind
        main = f'<p class="trail">{self.trail()}</p>\n'
        main += f'<p class="kind">{escape(kind)}</p>\n' if kind else ""
        title = escape(doc.title, quote=False)
        main += f'<h1{"" if doc.isArticle else " class=symbol"}>{title}</h1>\n'
        main += f'<p class="abstract">{self.inline(doc.abstract)}</p>\n'
        if not doc.isArticle:
            main += self.declaration(doc) + self.relationships()
        return (main + self.details(doc) + self.topics(doc.data.get("topicSections", [])) + self.seeAlso()).replace(
            '<p class="abstract"></p>\n', ""
        )

    def html(self):
        body = self.body()
        title = self.site.front.title if self.file == "index.html" else f"{self.doc.title} – {self.site.front.title}"
        toc = [(anchor, text) for anchor, text in self.headings if anchor != "overview"]
        if not self.doc.isArticle and not self.doc.isModule:
            toc = [(doc.anchor, name(doc.title)) for doc in self.shown]
        contents = "".join(f'<li><a href="#{quote(anchor)}">{text}</a></li>' for anchor, text in toc)
        contents = (
            '<details class="toc"><summary>On this page</summary>'
            + f'<nav aria-label="On this page"><ul>{contents}</ul></nav></details>'
            if len(toc) > 2
            else ""
        )
        abstract = re.sub(r"<[^>]*>", "", self.inline(self.doc.abstract)).replace('"', "&quot;")
        root = self.to("index.html").removesuffix("index.html")
        return f"""<!DOCTYPE html>
<html lang="en" data-root="{root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{abstract}">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}style.css">
<script src="{root}site.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><a class="name" href="{self.to("index.html")}">{escape(self.site.front.title)}</a>
<div class="search" role="search" hidden>
<input type="search" placeholder="Search" aria-label="Search" autocomplete="off"><ul></ul></div></header>
<div class="columns">
<details class="menu"><summary>All pages</summary><nav aria-label="All pages">{self.navigation()}</nav></details>
<main id="content">
{contents}<article>
{body}</article>
</main>
</div>
<footer>Licence: Apache 2.0</footer>
</body>
</html>
"""


def plain(nodes):
    return "".join(node.get("text") or node.get("code") or plain(node.get("inlineContent", [])) for node in nodes)


def index(site):
    """The entries of the search: title, kind, address and abstract."""
    page = Page(site, "index.html", site.front)
    entries = []
    for doc in site.docs.values():
        href = page.hrefOf(doc) if not doc.isGenerated else None
        if not href:
            continue
        kind = "Article" if doc.isArticle and not doc.isModule else doc.meta.get("roleHeading", "Module")
        kind = "Module" if doc.isModule else kind
        entries.append([doc.longTitle, f"{kind}, {doc.module}", href, plain(doc.abstract)])
        for section in doc.sections("content") if doc.isArticle else []:
            for node in section["content"]:
                if node["type"] == "heading" and node["anchor"] != "overview":
                    entries.append([node["text"], doc.title, page.hrefOf(doc, node["anchor"]), ""])
    return "const searchIndex = " + json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + ";\n"


def main():
    folder, archives = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]
    site = Site(archives)
    if folder.exists():
        # Erases a site that it made before, and nothing else.
        if any(folder.iterdir()) and not (folder / "search-index.js").exists():
            sys.exit(f"render: {folder} has other files; name an empty or a new folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    pages = [("index.html", site.front)] + [(doc.file, doc) for doc in site.docs.values() if doc.isPage]
    for file, doc in pages:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Page(site, file, doc).html(), encoding="utf-8")
    for file, source in site.images.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / file)
    for name in ("style.css", "site.js"):
        shutil.copyfile(HERE / name, folder / name)
    (folder / "search-index.js").write_text(index(site), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}: {len(pages)} pages, {size / 1e6:.1f} MB")


main()
