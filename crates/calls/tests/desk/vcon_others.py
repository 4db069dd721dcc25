"""Holds vCons, one a line, against validators that others wrote: the PyPI package `vcon` with its check of the
extension `lawful_basis`, and, when FRIST_VCON_SCHEMA names it, the working group's JSON schema. Says a line for each:
nothing, or what is wrong."""

import json
import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)  # The package tells of its progress on standard output.
from vcon import Vcon

schema = None
if os.environ.get("FRIST_VCON_SCHEMA"):
    import jsonschema

    with open(os.environ["FRIST_VCON_SCHEMA"]) as file:
        schema = jsonschema.Draft7Validator(
            json.load(file), format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER
        )

for line in sys.stdin:
    value = json.loads(line)
    wrong = []
    if schema:
        wrong += [f"{e.json_path}: {e.message[:120]}" for e in schema.iter_errors(value)]
    vcon = Vcon.build_from_json(line)
    wrong += vcon.is_valid()[1]
    for name, result in vcon.validate_extensions().items():
        for one in result if isinstance(result, list) else [result]:
            wrong += one if isinstance(one, str) else [f"{name}: {e}" for e in one["errors"]]
    print("; ".join(wrong))
