"""The API describes itself as it is."""

from __future__ import annotations

from httpx import AsyncClient


async def test_the_description_says_how_to_sign_in_how_to_repeat_and_what_a_refusal_looks_like(
    client: AsyncClient,
) -> None:
    document = (await client.get("/api/openapi.json")).json()
    make = document["paths"]["/api/people"]["post"]
    assert make["security"] == [{"bearer": []}, {"session": []}]
    assert [(p["name"], p["required"]) for p in make["parameters"]] == [("Idempotency-Key", True)]
    refused = make["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert refused == {"$ref": "#/components/schemas/Problem"}
    assert {"type", "title", "status", "detail", "code"} <= set(
        document["components"]["schemas"]["Problem"]["required"]
    )
    assert document["paths"]["/api/token"]["post"]["security"] == []


async def test_the_description_lists_the_api_and_no_pages(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    outside = {path for path in document["paths"] if not path.startswith("/api/")}
    page = "/documents/{digest}/pages/{number}"
    assert outside <= {"/documents/{digest}", f"{page}.webp", f"{page}.json"}
    references = {line for line in str(document).split("'") if line.startswith("#/components/schemas/")}
    assert {reference.rpartition("/")[2] for reference in references} <= set(document["components"]["schemas"])
