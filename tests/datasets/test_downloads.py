"""Downloads from a server of our own: what is kept, what is refused, and what is said when nothing answers."""

import http.server
import socket
import threading
import time

import numpy as np
import pytest

from gantheory import datasets
from gantheory.datasets import _files, _known
from tests.datasets.made_up import IMAGES, PAGE, pack_as_sent, pixels_of, sha256


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends `server.files`, of which a negative `server.cut` leaves the end away."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET" and content:
            self.server.sent.append(self.path)
            self.wfile.write(content[: self.server.cut])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tiny, monkeypatch):
    """Serve the files of `tiny`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = {f"/{name}.gz": pack_as_sent(content) for name, content in tiny.items()}
    server.sent, server.cut = [], None
    aim_at(monkeypatch, f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def aim_at(monkeypatch, base: str) -> None:
    known = _known.KNOWN["mnist"]
    files = {
        split: tuple(file._replace(url=f"{base}{file.name}.gz") for file in files)
        for split, files in known.files.items()
    }
    monkeypatch.setitem(_known.KNOWN, "mnist", known._replace(files=files))


def test_a_download_is_kept(places, tiny, server, capfd):
    np.testing.assert_array_equal(datasets.load("mnist").pixels, pixels_of(tiny))
    assert sorted(server.sent) == [f"/{IMAGES}.gz", "/train-labels-idx1-ubyte.gz"]
    words = capfd.readouterr()
    assert words.out == "" and "Downloading" not in words.err and "SHA256" not in words.err
    datasets.load("mnist")
    assert len(server.sent) == 2
    names = {path.name for path in (places / "cache" / "mnist").iterdir()}
    assert names == {f"{IMAGES}.gz", "train-labels-idx1-ubyte.gz"}


def one_sentence(caught) -> str:
    sentence = str(caught.value)
    assert "\n" not in sentence and ". " not in sentence and sentence.endswith(".")
    assert "GANTHEORY_DATA" in sentence and "'digits'" in sentence
    return sentence


@pytest.mark.parametrize("content", [PAGE, pack_as_sent(b"other")], ids=["page", "other"])
def test_a_download_of_other_content_is_refused_and_not_kept(places, server, content):
    server.files[f"/{IMAGES}.gz"] = content
    with pytest.raises(ValueError, match="sends another file than it should") as caught:
        datasets.load("mnist")
    sentence = one_sentence(caught)
    assert sha256(content) in sentence and f"127.0.0.1:{server.server_port}/{IMAGES}.gz" in sentence
    assert list((places / "cache" / "mnist").iterdir()) == []


def test_a_download_that_breaks_off_is_not_kept(places, server):
    server.cut = -10
    with pytest.raises((FileNotFoundError, ValueError)) as caught:
        datasets.load("mnist")
    one_sentence(caught)
    assert list((places / "cache" / "mnist").iterdir()) == []


def test_a_file_that_the_server_lost_is_named(server):
    server.files.clear()
    with pytest.raises(FileNotFoundError, match=r"127\.0\.0\.1 does not have it any more") as caught:
        datasets.load("mnist")
    one_sentence(caught)


def test_a_cache_that_cannot_be_written_is_named(places, server, monkeypatch):
    (places / "cache").write_text("a file")
    with pytest.raises(
        FileNotFoundError, match=f"cannot be fetched into {places / 'cache' / 'mnist'} "
    ) as caught:
        datasets.load("mnist")
    one_sentence(caught)


def test_no_server_at_all_says_what_to_do(places, tiny, monkeypatch, capfd):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    aim_at(monkeypatch, f"http://127.0.0.1:{port}/")
    with pytest.raises(FileNotFoundError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        datasets.load("mnist")
    sentence = one_sentence(caught)
    assert str(places / "cache" / "mnist") in sentence and str(places / "data") in sentence
    assert capfd.readouterr().err == ""


def test_a_server_that_never_answers_is_given_up(tiny, monkeypatch):
    assert _files.PATIENCE < 5
    monkeypatch.setattr(_files, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aim_at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(
            FileNotFoundError, match=r"127\.0\.0\.1 (does not answer|cannot be reached)"
        ) as caught:
            datasets.load("mnist")
    one_sentence(caught)


def test_a_name_that_nobody_resolves_is_given_up(tiny, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(_files, "PATIENCE", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: stop.wait(60))
    begin = time.monotonic()
    with pytest.raises(FileNotFoundError, match="does not answer"):
        datasets.load("mnist")
    stop.set()
    assert time.monotonic() - begin < 30  # it did not wait for the name
