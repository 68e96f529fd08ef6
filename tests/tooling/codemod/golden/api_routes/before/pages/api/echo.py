def echo(request, response):
    match request.method:
        case "GET":  # in pieces
            response.write("a")
            for number in range(3):
                response.write(str(number))
            response.end("z")
        case "POST" | "PUT":
            if not request.cookies.get("session"):
                return response.redirect("/login")
            kind = request.query.get("kind")
            if kind == "text":
                return response.send("<p>text</p>")
            elif kind == "raw":
                response.write_head(202, {"Content-Type": "text/csv", "X-Rows": 2})
                return response.end("a,b")
            response.send(request.body)
        case _:
            response.status(405).json({"error": "no"})


default = echo
