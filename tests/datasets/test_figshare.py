"""The list of files of a Figshare record, from a server on this machine."""

import json

import pytest

from semdnn.datasets.figshare import listed_archives
from semdnn.datasets.published import Archive, RemoteError, RemoteFile
from semdnn.datasets.remote import Patience

QUICK = Patience(n_tries=2, pause_s=0.0, timeout_s=5.0)
ENTRY = {"name": "a.zip", "size": 3, "download_url": "https://x.org/1", "computed_md5": "0f"}


def listed(site, entries, *script):
    return listed_archives(site.add("files", json.dumps(entries).encode(), *script), "PAGE", QUICK)


def test_archives_and_tables_are_taken_in_the_order_of_their_names(site):
    others = [
        {"name": "Paper.pdf", "size": 9, "download_url": "https://x.org/2"},
        {"name": "Sheet.CSV", "size": 5, "download_url": "https://x.org/3", "supplied_md5": "1e"},
        {**ENTRY, "name": "elsewhere.zip", "is_link_only": True},
        {"name": "B.tar.gz", "size": 7, "download_url": "https://x.org/4"},
    ]
    assert listed(site, [ENTRY, *others], "status 503") == (
        Archive((RemoteFile("B.tar.gz", "https://x.org/4", 7),)),
        Archive((RemoteFile("Sheet.CSV", "https://x.org/3", 5, "md5:1e"),)),
        Archive((RemoteFile("a.zip", "https://x.org/1", 3, "md5:0f"),)),
    )


@pytest.mark.parametrize(
    "entries",
    [
        {"message": "not found"},
        [7],
        [{"name": "a.zip"}],
        [{**ENTRY, "name": "../a.zip"}],
        [{**ENTRY, "name": "c:\\a.zip"}],
        [{**ENTRY, "name": ""}],
        [{**ENTRY, "size": "large"}],
    ],
)
def test_what_is_no_list_is_one_clear_line(entries, site):
    with pytest.raises(RemoteError, match=r"/files: not a list of files .*: see PAGE") as raised:
        listed(site, entries)
    assert "\n" not in str(raised.value)


def test_a_record_without_archives_and_a_lost_record(site):
    with pytest.raises(RemoteError, match="lists no archive: see PAGE"):
        listed(site, [])
    with pytest.raises(RemoteError, match="look for it at PAGE"):
        listed_archives(site.url("gone"), "PAGE", QUICK)
