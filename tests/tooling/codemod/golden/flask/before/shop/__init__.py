from flask import Flask


def create_app():
    app = Flask(__name__)

    from . import lamps, people

    app.register_blueprint(lamps.bp, url_prefix="/api")
    app.register_blueprint(people.bp)
    return app
