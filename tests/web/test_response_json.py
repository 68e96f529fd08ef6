from __future__ import annotations

import asyncio

from notebook_routes.web import Response


def test_on_the_class_it_makes_and_on_an_instance_it_reads():
    response = Response.json({"a": [1]}, status=201, headers={"x-a": "b"})
    assert response.status == 201
    assert asyncio.run(response.json()) == {"a": [1]}


def test_it_works_unbound_and_through_a_subclass():
    class Mine(Response):
        pass

    make, read = Response.json, Response(b"[1]").json
    assert make(1).content == b"1"
    assert asyncio.run(read()) == [1]
    assert Mine.json(1).content == b"1"
    assert asyncio.run(Mine(b"2").json()) == 2


def test_both_meanings_are_documented():
    assert "written as JSON" in (Response.__dict__["json"].__doc__ or "")
