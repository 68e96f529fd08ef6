def handler(req, res):
    res.json({"slug": req.query["slug"], "all": req.query, "url": req.url, "method": req.method})
