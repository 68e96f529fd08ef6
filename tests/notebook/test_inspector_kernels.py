"""The inspector with each supported ipykernel, with subshells and without: while a cell runs, too."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect


@pytest.fixture
def notebook(lab, page, ipykernel, ipykernel_path):
    """A notebook with a kernel of each version."""
    name = f"with-{ipykernel}"
    lab.add_kernel(name, ipykernel_path(ipykernel))
    notebook = lab.open(page, name, kernel=name)
    yield notebook
    notebook.end()
    assert notebook.failures == []


def test_while_a_cell_runs_the_page_lives_and_what_is_sent_is_answered_or_queued(notebook, ipykernel):
    notebook.put_and_run(
        "%load_ext notebook_routes\nimport time, ipykernel, json\nstop = False\n"
        "print(json.dumps([ipykernel.__version__, hasattr(get_ipython().kernel, 'shell_channel_thread')]))",
        "%%route GET /while-busy\n'answered'",
        "%%route POST /stop\nglobal stop\nstop = True",
        "%routes",
    )
    if ipykernel != "installed":
        assert ipykernel in notebook.text(0)
    card, whole = notebook.card(1), notebook.card(3)
    address = urlsplit(card.locator(".nbi-path a").get_attribute("href"))

    def ask(method, target):
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=20)
        connection.request(method, target)
        assert connection.getresponse().read() in (b"answered", b"")
        connection.close()

    expect(notebook.send(1)).to_contain_text("answered")
    whole.get_by_role("tab", name="Log").click()
    expect(whole.locator("tbody")).to_contain_text("/while-busy")
    notebook.page.evaluate("source => panel.content.model.sharedModel.addCell({cell_type: 'code', source})", BUSY)
    notebook.start(4)
    printed = notebook.cell(4).locator(".jp-OutputArea-output")
    expect(printed).to_have_text("runs\n")
    ask("GET", "/while-busy?from=outside")
    expect(whole.locator("tbody tr").first).to_contain_text("/while-busy?from=outside")
    expect(card.locator(".nbi-use")).to_contain_text("2 asked")
    answer = notebook.send(1)
    queued = card.get_by_text("Kernel busy: queued until its cell has ended")
    # By a subshell, beside the cell.
    answered = card.get_by_text("3 asked")
    # JupyterLab 4.6 with ipykernel 7.4 queues what follows on the first message from the kernel while a cell runs.
    shown = {"6.29.5": queued, "7.1.0": answered}.get(ipykernel, queued.or_(answered))
    expect(shown).to_be_visible()
    expect(printed).to_have_text("runs\n")
    ask("POST", "/stop")
    expect(printed).to_contain_text("over")
    expect(answer).to_contain_text("200 OK")
    expect(card.locator(".nbi-use")).to_contain_text("3 asked")
    expect(card.locator(".nbi-state")).to_be_hidden()


BUSY = "print('runs')\nwhile not stop: time.sleep(0.01)\nprint('over')"
