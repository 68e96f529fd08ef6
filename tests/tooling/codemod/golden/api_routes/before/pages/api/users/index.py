users = [{"name": "Ann"}]


def cors(res, origin):
    res.set_header("Access-Control-Allow-Origin", origin)
    if not res.has_header("Vary"):
        res.set_header("Vary", "Origin")


def list_users(req, res):
    cors(res, req.headers.get("origin", "*"))
    page = int(req.query.get("page", 1))
    return res.json(users[(page - 1) * 2 : page * 2])


def create_user(req, res):
    if "name" not in req.body:
        return res.status(400).json({"error": "name is required"})
    users.append(req.body)
    res.set_header("Set-Cookie", ["last=1; Path=/", "seen=1"])
    return res.status(201).json(users[-1])


HANDLERS = {"GET": list_users, "POST": create_user}


def handler(req, res):
    answer = HANDLERS.get(req.method)
    if answer is None:
        return res.status(405).end()
    return answer(req, res)
