"""Where a client is, as a declared proxy says."""

from __future__ import annotations

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.web import Geo, GeoHeaders, Headers, Request

VERCEL = {
    "X-Vercel-IP-Country": "DE",
    "X-Vercel-IP-City": "K%C3%B6ln",
    "X-Vercel-IP-Country-Region": "NW",
    "X-Vercel-IP-Latitude": "50.93",
    "X-Vercel-IP-Longitude": "6.95",
}
CLOUDFLARE = {
    "CF-IPCountry": "DE",
    # The name's UTF-8, as a server hands it on.
    "CF-IPCity": "K\xc3\xb6ln",
    "CF-Region": "North Rhine-Westphalia",
    "CF-IPLatitude": "50.93",
    "CF-IPLongitude": "-6.95000",
}


def read(given, **headers):
    return GeoHeaders(given).read(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


def test_vercel():
    assert GeoHeaders("vercel").read(Headers(VERCEL)) == Geo("DE", "Köln", "NW", 50.93, 6.95)


def test_cloudflare():
    found = GeoHeaders("cloudflare").read(Headers(CLOUDFLARE))
    assert found == Geo("DE", "Köln", "North Rhine-Westphalia", 50.93, -6.95)


def test_headers_of_another_proxy():
    assert read({"country": "X-Country"}, x_country="fr", x_city="Paris") == Geo(country="FR")


def test_without_headers_nothing_is_known():
    assert GeoHeaders("vercel").read(Headers()) == Geo(None, None, None, None, None)


@pytest.mark.parametrize("country", ["XX", "xx", "T1", "", " ", "DEU", "D", "D\xfc", "1", "DE, FR", "<b"])
def test_what_is_no_country_is_none(country):
    assert read({"country": "c"}, c=country).country is None


@pytest.mark.parametrize("city", ["%FF", "%C3", "\xff", "a%0Ab", "a%00", "x" * 201])
def test_what_is_no_name_is_none(city):
    assert read({"city": "c"}, c=city).city is None


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e1", "1_0", "90.1", "-91", "0x1", "1,5", "north", "1.", "--1", "9" * 400]
)
def test_what_is_no_latitude_is_none(text):
    assert read({"latitude": "l"}, l=text).latitude is None


@pytest.mark.parametrize("text", ["0", "-180", "+180", "179.999999"])
def test_longitudes(text):
    assert read({"longitude": "l"}, l=text).longitude == float(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("vercell", 'geo = "vercell" is no proxy that is known: there are vercel, cloudflare'),
        ({"town": "x-town"}, "geo has no 'town': write some of country, city, region, latitude, longitude"),
        ({"city": "x city"}, "geo city = 'x city' is no name of a header"),
        ({"city": None}, "geo city = None is no name of a header"),
        (["vercel"], "geo = ['vercel'] is neither a preset nor a mapping"),
    ],
)
def test_what_is_no_declaration_is_refused(given, message):
    with pytest.raises(ConfigError) as refused:
        GeoHeaders(given)
    assert message in str(refused.value)


def test_a_request_knows_nothing_until_a_proxy_is_declared():
    request = Request("http://localhost/", headers=VERCEL)
    assert request.geo == Geo()
    request.geo_headers = GeoHeaders("vercel")
    assert request.geo.city == "Köln"
    assert request.clone().geo.city == "Köln"
    assert request.rewritten("/other").geo.city == "Köln"
