dynamic_params = False


def GET(params):
    return {"params": params}
