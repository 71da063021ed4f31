"""`onsil user add kim --role operator`: who may log in to the page, and with what role."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .main import fail
from .verb import DONE, NO, WRONG_USE, Verb

if TYPE_CHECKING:
    from controller.web.access.users import Users

_ROLES = ("viewer", "operator", "admin")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    add = actions.add_parser("add", help="a new user, or a new role and password for a known one")
    add.add_argument("name", help="by which the user logs in")
    add.add_argument(
        "--role", choices=_ROLES, default="viewer", help="viewer looks, operator sets, admin changes rules"
    )
    add.add_argument("--password-stdin", action="store_true", help="take the password from standard input")
    for action, text in (
        ("remove", "nobody can log in by this name any more"),
        ("token", "a new token for the API, with the role of the user"),
        ("drop-tokens", "make all tokens of the user worthless"),
    ):
        actions.add_parser(action, help=text).add_argument("name", help="of the user, as onsil user list shows it")
    actions.add_parser("list", help="the users and their roles")
    for each in actions.choices.values():
        each.add_argument("--state", type=Path, metavar="DIR", help="state directory ($ONSIL_STATE or /var/lib/onsil)")
        each.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.web.access.users import UserError, Users

    users = Users(arguments.state or state_directory())
    try:
        answer = _do(arguments, users)
    except UserError as error:
        return fail(error, NO)
    except OSError as error:
        return fail(f"{error.filename or users.directory}: {error.strerror or error}", WRONG_USE)
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif arguments.action == "list":
        print("\n".join(f"{user['name']}: {user['role']}" for user in answer["users"]) or "there is no user")
    else:
        print(answer.get("token") or answer["done"])
    return DONE


def _do(arguments: argparse.Namespace, users: Users) -> dict[str, Any]:
    name = getattr(arguments, "name", "")
    match arguments.action:
        case "add":
            users.add(name, arguments.role, _password(arguments.password_stdin))
            return {"done": f"{name} may log in as {arguments.role}"}
        case "remove":
            users.remove(name)
            return {"done": f"{name} is gone"}
        case "token":
            return {"token": users.new_token(name)}
        case "drop-tokens":
            return {"done": f"{users.drop_tokens(name)} tokens of {name} are worthless now"}
        case _:
            return {"users": [{"name": each, "role": users.role(each)} for each in users.names()]}


def _password(from_stdin: bool) -> str:
    """The password, asked for twice where a person types it. Raises UserError."""
    from controller.web.access.users import UserError

    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise UserError("these two are not the same")
    return password


verb = Verb("user", "who may log in to the page", _add_arguments, _run)
