"""Checks documents of `kmsec keyring inventory --format cyclonedx` with CycloneDX's own library.

python3 inventory.py FILE... > one line for each key, public key and erased key: its file, id, type and state
"""

import json
import sys
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

REFERENCES = {"algorithmRef", "subjectPublicKeyRef", "signatureAlgorithmRef"}
REFERENCE_LISTS = {"algorithms", "cryptoRefArray", "dependsOn"}


def references(value):
    """The references that a document's members make to its components."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in REFERENCES:
                yield member
            elif name in REFERENCE_LISTS:
                yield from member
            else:
                yield from references(member)


def faults(text):
    for error in JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True) or []:
        yield repr(error)
    document = json.loads(text)
    components = [document["metadata"]["component"], *document["components"]]
    names = [component["bom-ref"] for component in components]
    if len(set(names)) != len(names):
        yield "a bom-ref appears twice"
    yield from (f"{name} leads nowhere" for name in references(document) if name not in names)
    if sorted(dependency["ref"] for dependency in document["dependencies"]) != sorted(names):
        yield "not every component has its dependencies"
    for component in document["components"]:
        if "value" in component["cryptoProperties"].get("relatedCryptoMaterialProperties", {}):
            yield f"{component['bom-ref']} has a value"
    # The library reads all of it into its model, and checks that the dependencies are complete.
    if not Bom.from_json(document).validate():
        yield "the library's model is not valid"


found = False
for path in sys.argv[1:]:
    text = Path(path).read_text("utf-8")
    for fault in faults(text):
        print(f"{path}: {fault}", file=sys.stderr)
        found = True
    for component in json.loads(text)["components"]:
        material = component["cryptoProperties"].get("relatedCryptoMaterialProperties", {})
        if "creationDate" in material:
            print(Path(path).name, material["id"], material["type"], material["state"])
sys.exit(found)
