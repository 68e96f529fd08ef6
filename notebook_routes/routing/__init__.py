"""Where a request goes: paths, the table of live routes, and the line that makes a cell one.

    directive = parse_directive("GET /products/[id] id:int --revalidate 60")
    config = SegmentConfig.from_constants(directive.options, where="cell [3]")
    table = RouteTable()
    table.put(Route("GET", directive.pattern, handler, config, cell="cell [3]"))

    match = table.match("/products/1")
    match.route_path.methods["GET"], match.params      # the route, {"id": "1"}

`segment` and `pattern` read a path, `directive`, `page_directive`, `api_directive` and `options` the whole line,
`config` and `cors` the constants of a module, `filesystem` the folders of a project; `table` keeps routes in a `trie`
and refuses a `conflict`. Nothing here runs a handler.
"""

from notebook_routes.routing.api_directive import parse_api_directive
from notebook_routes.routing.config import (
    CONFIG_NAMES,
    DYNAMIC,
    FETCH_CACHE,
    RUNTIMES,
    Revalidate,
    SegmentConfig,
)
from notebook_routes.routing.cors import CorsPolicy, cors
from notebook_routes.routing.directive import Directive, LineParameter, parse_directive
from notebook_routes.routing.filesystem import RouteFile, find_api_routes, find_pages, find_routes, pattern_of
from notebook_routes.routing.page_directive import PageDirective, parse_page_directive
from notebook_routes.routing.pattern import RoutePattern, is_parameter_name
from notebook_routes.routing.route import ANY, METHODS, PAGE, Route, RoutePath
from notebook_routes.routing.segment import (
    RESERVED_NAMES,
    CatchAll,
    Dynamic,
    OptionalCatchAll,
    ParamSegment,
    Segment,
    Static,
    parse_segment,
)
from notebook_routes.routing.table import Removal, RouteTable
from notebook_routes.routing.trie import Match

__all__ = [
    "ANY",
    "CONFIG_NAMES",
    "DYNAMIC",
    "FETCH_CACHE",
    "METHODS",
    "PAGE",
    "RESERVED_NAMES",
    "RUNTIMES",
    "CatchAll",
    "CorsPolicy",
    "Directive",
    "Dynamic",
    "LineParameter",
    "Match",
    "OptionalCatchAll",
    "PageDirective",
    "ParamSegment",
    "Removal",
    "Revalidate",
    "Route",
    "RouteFile",
    "RoutePath",
    "RoutePattern",
    "RouteTable",
    "Segment",
    "SegmentConfig",
    "Static",
    "cors",
    "find_api_routes",
    "find_pages",
    "find_routes",
    "is_parameter_name",
    "parse_api_directive",
    "parse_directive",
    "parse_page_directive",
    "parse_segment",
    "pattern_of",
]
