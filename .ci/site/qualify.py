#!/usr/bin/env python3
"""qualify.py SYMBOLS OTHER: makes the links of a module's comments to symbols of KMSecurity lead there.

A comment writes ``KMError``, as the compiler and editors read it. docc looks for it in the module's own symbols,
unless the link names the other module. Both arguments are folders with symbol graphs. The first is changed."""

import json
import pathlib
import re
import sys


def names(folder):
    graphs = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.symbols.json")]
    return {
        symbol["pathComponents"][0]
        for graph in graphs
        for symbol in graph["symbols"]
        if len(symbol["pathComponents"]) == 1
    }


folder, other = map(pathlib.Path, sys.argv[1:])
foreign = names(other) - names(folder)
for file in folder.glob("*.symbols.json"):
    graph = json.loads(file.read_text(encoding="utf-8"))
    for symbol in graph["symbols"]:
        for line in symbol.get("docComment", {}).get("lines", []):
            line["text"] = re.sub(
                r"``(\w+)(?=[/`])",
                lambda match: f"``/KMSecurity/{match[1]}" if match[1] in foreign else match[0],
                line["text"],
            )
    file.write_text(json.dumps(graph), encoding="utf-8")
