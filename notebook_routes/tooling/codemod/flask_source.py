"""What a program of Flask declares: its app, blueprints, views and hooks, found in the text of its modules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.declarations import METHOD_DECORATORS, is_main, parameters_in
from notebook_routes.tooling.codemod.flask_classes import is_method_view, methods_of
from notebook_routes.tooling.codemod.flask_error_source import FlaskErrorSource
from notebook_routes.tooling.codemod.modules import as_one
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    argument_of,
    as_statement,
    body_of,
    code,
    constant,
    dotted,
    index_of,
    only,
    only_small,
    target_of,
    text_of,
)
from notebook_routes.tooling.codemod.path_names import Parameter
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from notebook_routes.tooling.codemod.modules import Modules

_HOOKS = ("before_request", "after_request", "before_app_request", "after_app_request")
_DROPPED_HOOKS = (
    "teardown_appcontext", "teardown_request", "context_processor", "shell_context_processor", "template_filter",
    "app_template_filter", "before_first_request", "url_value_preprocessor",
)  # fmt: skip
_CONVERTER = re.compile(r"<(?:(?P<kind>[a-zA-Z_]\w*)(?:\([^)]*\))?:)?(?P<name>[a-zA-Z_]\w*)>")
#: A setting of the session's cookie.
_COOKIE_SETTING = re.compile(r"\bSESSION_[A-Z]")
#: Attributes of the app that are settings.
_SETTINGS = {"secret_key": "SECRET_KEY", "permanent_session_lifetime": "PERMANENT_SESSION_LIFETIME"}
_FRAMEWORKS = ("flask_restful", "flask_restx", "flask_sqlalchemy", "flask_login", "flask_socketio", "flask_smorest")


@dataclass
class View:
    """A function that answers a path.

    Attributes:
        function: the function, without the decorators that say so.
        owner: the app or the blueprint, by name.
        path: as it is declared, without the prefix of a blueprint.
        methods: those that it answers.
        endpoint: what `url_for` calls it, where that is not the function's name.
        defaults: the texts of values that it is given for parameters which the path does not have.
    """

    function: cst.FunctionDef
    owner: str
    path: str
    methods: list[str]
    endpoint: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the function is called."""
        return self.function.name.value


@dataclass
class Hook:
    """A function in front of all views, or those of a blueprint.

    Attributes:
        function: the function.
        kind: `before_request` or `after_request`.
        owner: the app or the blueprint.
    """

    function: cst.FunctionDef
    kind: str
    owner: str


@dataclass
class Blueprint:
    """A blueprint.

    Attributes:
        name: what its endpoints begin with.
        prefixes: where it is mounted; none where it is not.
    """

    name: str
    prefix: str
    prefixes: list[str] = field(default_factory=list)


class FlaskSource:
    """Reads a program.

    Args:
        modules: its modules.

    Attributes:
        apps: the names of Flask's app.
        blueprints: by the name of the variable.
        views: in order.
        hooks: in order.
        errors: what it says of errors.
        session: what Flask's session is called, where there is a key to sign it by; None where it cannot be kept.
        plain: the other statements.
        cors: the origins that may call, as text; None where none is declared.
        dropped: what has no counterpart, in words.

    Raises:
        NotUnderstood: it is built on what cannot be told from its text.
    """

    def __init__(self, modules: Modules) -> None:
        self.apps: set[str] = set()
        self.blueprints: dict[str, Blueprint] = {}
        self.views: list[View] = []
        self.hooks: list[Hook] = []
        self.errors = FlaskErrorSource()
        self.session: str | None = None
        #: Functions that make the app.
        self._factories: set[str] = set()
        #: Functions that answer errors of one blueprint.
        self._local: list[tuple[str, str]] = []
        self.plain: list[Statement] = []
        self.cors: str | None = None
        self.dropped: list[str] = []
        names = [name for name, module in modules.found.items() if "flask" in module.text and _declares(module.text)]
        order = modules.ordered(names)
        self.files = modules.copies(names)
        statements = [each for _, each in as_one(modules, order)]
        self._refuse_extensions(statements)
        statements = [as_statement(inner.visit(_Bare())) for each in statements for inner in self._unfolded(each)]
        for each in statements:
            self._find_imports(each)
        self._check_session([code(each) for each in statements])
        for each in statements:
            self.errors.find_aborts(each)
        self._constants = {found[0]: found[1] for each in statements if (found := target_of(each)) is not None}
        for each in statements:
            self._find_owner(each)
        self._functions = [each for each in statements if isinstance(each, cst.FunctionDef)]
        self._classes = [each for each in statements if isinstance(each, cst.ClassDef)]
        #: Functions and classes that are views by a line of their own.
        self._ruled: set[str] = set()
        for each in statements:
            self._take(each)
        self.plain = [each for each in self.plain if _name_of(each) not in self._ruled]
        for function, owner in self._local:
            if any(view.owner != owner for view in self.views):
                self.dropped.append(f"{function}() answered errors of {owner} alone, and answers those of all now")

    def prefixes(self, owner: str) -> list[str]:
        """Where the paths of an app or a blueprint begin."""
        return [""] if owner in self.apps else self.blueprints[owner].prefixes

    def endpoint(self, view: View) -> str:
        """What `url_for` calls a view."""
        name = view.endpoint or view.name
        return name if view.owner in self.apps else f"{self.blueprints[view.owner].name}.{name}"

    def _text(self, node: cst.BaseExpression | None) -> str | None:
        """A text that is written, or put together of constants of the program."""
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            left, right = self._text(node.left), self._text(node.right)
            return None if left is None or right is None else left + right
        if isinstance(node, cst.Name):
            return self._text(self._constants.get(node.value))
        if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name):
            table = constant(self._constants.get(node.value.value))
            key = constant(index_of(node))
            found = table.get(key) if isinstance(table, dict) and isinstance(key, str) else None
            return found if isinstance(found, str) else None
        return text_of(node)

    # -- owners

    def _find_owner(self, node: Statement) -> None:
        bound = target_of(node)
        if bound is None or not isinstance(bound[1], cst.Call):
            return
        called = dotted(bound[1].func)
        if called in ("Flask", "flask.Flask"):
            self.apps.add(bound[0])
        elif called in ("Blueprint", "flask.Blueprint"):
            name = text_of(argument_of(bound[1], "name", 0)) or bound[0]
            self.blueprints[bound[0]] = Blueprint(name, text_of(argument_of(bound[1], "url_prefix")) or "")

    def _unfolded(self, node: Statement) -> Iterator[Statement]:
        """The statements of a function that makes the app, as those of the module; of others themselves."""
        makes = isinstance(node, cst.FunctionDef) and any(_makes_app(each) for each in body_of(node.body))
        if not isinstance(node, cst.FunctionDef) or not makes:
            yield node
            return
        self._factories.add(node.name.value)
        for parameter in node.params.params:
            default = code(parameter.default) if parameter.default is not None else "None"
            yield cst.parse_statement(f"{parameter.name.value} = {default}")
        for each in body_of(node.body):
            if not isinstance(only_small(each), cst.Return):
                yield each

    def _refuse_extensions(self, statements: Sequence[Statement]) -> None:
        for each in statements:
            small = only_small(each)
            module = dotted(small.module) if isinstance(small, cst.ImportFrom) and small.module is not None else None
            if module in _FRAMEWORKS:
                raise NotUnderstood(f"it is built on {module}, which needs Flask's app")

    # -- statements

    def _take(self, node: Statement) -> None:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            rest = self._declared(node)
            if rest is not None:
                self.plain.append(rest)
            return
        node = self._setting(node)
        if self._is_about_app(node):
            return
        if isinstance(node, cst.With) and all(_is_context(item.item) for item in node.items):
            self.plain += body_of(node.body)
            return
        self.plain.append(node)

    def _declared(self, function: cst.FunctionDef) -> Statement | None:
        """Note what the decorators of a function declare; the function itself where it is none of Flask's."""
        kept: list[cst.Decorator] = []
        declared: list[tuple[str, str, cst.Call | None]] = []
        for each in function.decorators:
            call = each.decorator if isinstance(each.decorator, cst.Call) else None
            name = dotted(call.func if call is not None else each.decorator) or ""
            owner, _, what = name.rpartition(".")
            if owner in self.apps or owner in self.blueprints:
                declared.append((owner, what, call))
            elif name == "cross_origin":
                self.cors = '"*"'
            else:
                kept.append(each)
        bare = function.with_changes(decorators=kept)
        if not declared:
            return bare
        for owner, what, call in declared:
            self._declare(bare, owner, what, call)
        is_handler = any(
            what in ("errorhandler", "app_errorhandler", "register_error_handler") for _, what, _ in declared
        )
        return bare if is_handler else None

    def _declare(self, function: cst.FunctionDef, owner: str, what: str, call: cst.Call | None) -> None:
        if call is not None and (what == "route" or what in METHOD_DECORATORS):
            path = self._text(argument_of(call, "rule", 0))
            if path is None:
                self.dropped.append(f"{function.name.value}(): its path is no plain text: {code(call)}")
                return
            methods = constant(argument_of(call, "methods")) if what == "route" else [METHOD_DECORATORS[what]]
            named = [str(each).upper() for each in methods] if isinstance(methods, (list, tuple, set)) else ["GET"]
            self.views.append(View(function, owner, path, named, defaults=self._defaults(call)))
        elif what in _HOOKS:
            kind = what.replace("_app_", "_")
            self.hooks.append(Hook(function, kind, next(iter(self.apps), "") if "_app_" in what else owner))
        elif what in ("errorhandler", "app_errorhandler"):
            self._handle(argument_of(call, "code_or_exception", 0) if call is not None else None, function.name.value)
            if what == "errorhandler" and owner not in self.apps:
                self._local.append((function.name.value, owner))
        elif what in _DROPPED_HOOKS or what.startswith("cli"):
            self.dropped.append(f"{function.name.value}() is a {what} of Flask, and has no counterpart")
        else:
            self.dropped.append(f"{function.name.value}(): {owner}.{what} has no counterpart")

    def _defaults(self, call: cst.Call) -> dict[str, str]:
        """`defaults={"page": 1}`."""
        given = argument_of(call, "defaults")
        pairs = given.elements if isinstance(given, cst.Dict) else []
        found = {text_of(each.key): code(each.value) for each in pairs if isinstance(each, cst.DictElement)}
        if given is not None and (not isinstance(given, cst.Dict) or None in found or len(found) != len(pairs)):
            self.dropped.append(f"the defaults of {code(call)} are not written out")
        return {name: value for name, value in found.items() if name is not None}

    def _handle(self, wanted: cst.BaseExpression | None, function: str | None) -> None:
        if not self.errors.handle(wanted, function):
            self.dropped.append(f"{function}() answers for exceptions that cannot be told")

    def _find_imports(self, node: Statement) -> None:
        """Note the names that imports of Werkzeug's exceptions bind, and that of Flask's session."""
        small = only_small(node)
        if not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
            return
        module = dotted(small.module) if small.module is not None else None
        for alias in small.names:
            name = str(dotted(alias.name))
            bound = alias.evaluated_alias or name
            if module == "werkzeug.exceptions":
                self.errors.imported(name, bound)
            if module == "flask" and name == "session":
                self.session = bound

    def _check_session(self, texts: Sequence[str]) -> None:
        """Forget the session where nothing signs it, and say what of its cookie is not read."""
        if not any("SECRET_KEY" in text or ".secret_key" in text for text in texts):
            self.session = None
        if self.session is not None and any(map(_COOKIE_SETTING.search, texts)):
            self.dropped.append("settings that begin with SESSION_ are not read: write what they say into keep_session")

    def _setting(self, node: Statement) -> Statement:
        """A line that sets an attribute of the app which is one of its settings, as that."""
        small = only_small(node)
        name = dotted(small.targets[0].target) if isinstance(small, cst.Assign) else None
        owner, _, attribute = (name or "").rpartition(".")
        if owner not in self.apps or attribute not in _SETTINGS or not isinstance(small, cst.Assign):
            return node
        line = f'{owner}.config["{_SETTINGS[attribute]}"] = {code(small.value)}'
        return node.with_changes(body=[only(cst.parse_statement(line))])

    def _is_about_app(self, node: Statement) -> bool:
        """Whether a line is Flask's alone: it makes the app, mounts a blueprint, runs it."""
        bound = target_of(node)
        if bound is not None and isinstance(bound[1], cst.Call):
            called = dotted(bound[1].func)
            if called in ("Flask", "flask.Flask", "Blueprint", "flask.Blueprint") or called in self._factories:
                self.apps |= {bound[0]} if called in self._factories else set()
                return True
            if called in ("CORS", "flask_cors.CORS"):
                self._allow(bound[1])
                return True
        small = only_small(node)
        if isinstance(small, cst.Assign):
            name = dotted(small.targets[0].target) or ""
            return name.partition(".")[0] in self.apps and not name.endswith(".config")
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            return self._called(small.value)
        return is_main(node)

    def _called(self, call: cst.Call) -> bool:
        name = dotted(call.func) or ""
        owner, _, what = name.rpartition(".")
        if name in ("CORS", "flask_cors.CORS"):
            self._allow(call)
            return True
        if owner not in self.apps and owner not in self.blueprints:
            return False
        if what == "register_blueprint":
            blueprint = self.blueprints.get(dotted(argument_of(call, "blueprint", 0) or cst.Name("_")) or "")
            if blueprint is None:
                raise NotUnderstood(f"{code(call)}: the blueprint cannot be found")
            given = text_of(argument_of(call, "url_prefix"))
            above = "" if owner in self.apps else self.blueprints[owner].prefix
            blueprint.prefixes.append(above + (blueprint.prefix if given is None else given))
        elif what == "add_url_rule":
            self._add_rule(call, owner)
        elif what == "register_error_handler":
            self._handle(argument_of(call, "code_or_exception", 0), dotted(argument_of(call, "f", 1) or cst.Name("_")))
        elif what != "run":
            self.dropped.append(f"{code(call)} has no counterpart")
        return True

    def _add_rule(self, call: cst.Call, owner: str) -> None:
        """Note a view that is declared apart from its function, or from its class."""
        path, given = self._text(argument_of(call, "rule", 0)), argument_of(call, "view_func", 2)
        name = dotted(given) if given is not None else None
        function = next((each for each in self._functions if each.name.value == name), None)
        if path is not None and function is not None:
            methods = constant(argument_of(call, "methods"))
            named = [str(each).upper() for each in methods] if isinstance(methods, (list, tuple, set)) else ["GET"]
            endpoint = text_of(argument_of(call, "endpoint", 1)) or ""
            self._ruled.add(function.name.value)
            self.views.append(View(function, owner, path, named, endpoint, self._defaults(call)))
            return
        found = None if path is None or not isinstance(given, cst.Call) else self._class_of(given)
        if path is None or found is None:
            self.dropped.append(f"{code(call)}: the view is neither a function nor a MethodView of the program")
            return
        kind, endpoint = found
        for each in methods_of(kind):
            self.views.append(View(each, owner, path, [each.name.value.rpartition("_")[2].upper()], endpoint))
        self._ruled.add(kind.name.value)

    def _class_of(self, call: cst.Call) -> tuple[cst.ClassDef, str] | None:
        """The class of `Lamps.as_view("lamps")`, and the endpoint."""
        owner, _, what = (dotted(call.func) or "").rpartition(".")
        kind = next((each for each in self._classes if each.name.value == owner), None)
        endpoint = text_of(argument_of(call, "name", 0))
        if what != "as_view" or kind is None or endpoint is None or len(call.args) > 1 or not is_method_view(kind):
            return None
        return kind, endpoint

    def _allow(self, call: cst.Call) -> None:
        origins = argument_of(call, "origins")
        self.cors = code(origins) if origins is not None else '"*"'
        if argument_of(call, "resources") is not None:
            self.dropped.append(f"{code(call)} speaks of some paths, and cors is declared for all")


class _Bare(cst.CSTTransformer):
    """`flask.jsonify` as `jsonify`."""

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        is_flask = isinstance(original_node.value, cst.Name) and original_node.value.value == "flask"
        return updated_node.attr if is_flask else updated_node


def read_path(path: str) -> tuple[str, dict[str, Parameter]]:
    """A path of Flask with its parameters, by the part between two slashes that each is.

    Raises:
        NotUnderstood: a parameter is a part of such a part.
    """
    parameters: dict[str, Parameter] = {}
    for part, name, kind in parameters_in(path, _CONVERTER, "<"):
        if kind not in ("", "string", "int", "float", "path", "uuid"):
            raise NotUnderstood(f'the converter {kind} of "{path}" is not known')
        parameters[part] = Parameter(name, "" if kind == "string" else kind, rest=kind == "path")
    return path, parameters


def _declares(text: str) -> bool:
    return any(word in text for word in ("Flask(", "Blueprint(", ".route(", '.get("/', ".post("))


def _makes_app(node: Statement) -> bool:
    bound = target_of(node)
    return bound is not None and isinstance(bound[1], cst.Call) and dotted(bound[1].func) in ("Flask", "flask.Flask")


def _is_context(node: cst.BaseExpression) -> bool:
    name = dotted(node.func) if isinstance(node, cst.Call) else None
    return name is not None and name.rpartition(".")[2] in ("app_context", "test_request_context")


def _name_of(node: Statement) -> str | None:
    return node.name.value if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else None
