"""`arqlight site` and `arqlight incident`: what they say to people and programs, and to whoever asks for nonsense."""

from pathlib import Path

import pytest

from tests.unit.shell import Shell

QUEUE = "healer:incident-processing"


@pytest.fixture
def clinic(shell: Shell, tmp_path: Path) -> Shell:
    """The command line, with one site that has a folder."""
    shell.patch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    shell.patch.setenv("ARQLIGHT_ACTOR", "ada")
    (tmp_path / "shop" / "wp-content").mkdir(parents=True)
    shell.run("site", "add", "https://shop.example", "--root", str(tmp_path / "shop"), "--wp", "wp --path={root}")
    assert shell.said == "shop.example\n"
    return shell


def test_a_site_is_shown_without_its_credentials(clinic: Shell) -> None:
    hook = "restart_db=mysqladmin --password=hunter2 flush-hosts"
    clinic.run("site", "add", "http://blog.example/", "--name", "Blog", "--hook", hook, "--dry-run")
    assert [line.split()[:3] for line in clinic.run("site", "list").splitlines()[1:]] == [
        ["blog", "http://blog.example", "L0,"],
        ["shop.example", "https://shop.example", "L2"],
    ]
    told = clinic.told("site", "show", "Blog")
    assert (told["id"], told["dryRun"], told["incident"]) == ("blog", True, None)
    assert told["hooks"] == {"restart_db": "mysqladmin --password=••• flush-hosts"}
    assert "hunter2" not in clinic.run("site", "show", "blog") + clinic.run("site", "list", "--json")


def test_an_incident_is_opened_shown_and_given_up(clinic: Shell) -> None:
    opened = clinic.told("incident", "open", "shop.example", "--symptom", "plugin_fatal", "--component", "akismet")
    assert (opened["new"], opened["phase"], opened["openedBy"]) == (True, "NEW", "ada")
    assert opened["fingerprint"] == "plugin_fatal:akismet"
    [job] = clinic.told("jobs", QUEUE)["rows"]
    assert job["job_type"] == "wp.incident.process"
    [listed] = clinic.told("incident", "list", "--open", "--site", "shop.example")
    assert listed == {name: value for name, value in opened.items() if name != "new"}
    assert clinic.told("site", "list")[0]["incident"] == opened["id"]
    assert "plugin_fatal:akismet" in clinic.run("incident", "show", opened["id"])
    clinic.run("incident", "give-up", opened["id"], "--reason", "we move house")
    shown = clinic.told("incident", "show", opened["id"])
    assert (shown["givenUp"], shown["steps"]) == ("ada gave it up: we move house.", [])
    assert "to be given up: ada gave it up" in clinic.run("incident", "show", opened["id"])


def test_a_second_incident_on_a_site_is_not_opened(clinic: Shell) -> None:
    first = clinic.told("incident", "open", "shop.example")["id"]
    clinic.run("incident", "open", "shop.example", expect=1)
    assert f"incident {first} is open on shop.example already" in clinic.complained
    clinic.run("site", "remove", "shop.example", expect=2)
    assert f"`arqlight incident give-up {first}`" in clinic.complained


def test_a_site_is_forgotten(clinic: Shell) -> None:
    assert clinic.run("site", "remove", "shop.example") == "shop.example is forgotten\n"
    assert clinic.run("site", "list").startswith("No site is registered")
    assert clinic.told("site", "list") == clinic.told("incident", "list") == []
    assert clinic.run("incident", "list") == "No incident is on record.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("site add ftp://shop.example", "is no web address"),
        ("site add http://ada:secret@shop.example", "The address holds a login"),
        ("site add http://new.example --root /nowhere", "There is no folder /nowhere"),
        ("site add http://new.example --root /", "cannot be the whole disk"),
        ("site add http://new.example --wp wp", "give that, too, with --root"),
        ("site add https://shop.example", "There is a site shop.example already"),
        ("site add", "URL"),
        ("site show nowhere", "There is no site nowhere"),
        ("site remove nowhere", "There is no site nowhere"),
        ("incident open nowhere", "There is no site nowhere"),
        ("incident open shop.example --symptom hiccups", "Choose from"),
        ("incident open shop.example --priority urgent", "Choose from"),
        ("incident list --site nowhere", "There is no site nowhere"),
        ("incident list --limit 0", "limit"),
        ("incident show 0123456789ab", "There is no incident 0123456789ab"),
        ("incident give-up ../../etc", "There is no incident ../../etc"),
        ("enqueue wp.incident.process nowhere", "There is no site nowhere"),
        ('enqueue wp.discovery {"incident":"../x","version":1}', "incident"),
        ("--read-only site add http://new.example", "changes something"),
        ("--read-only incident open shop.example", "changes something"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(clinic: Shell, words: str, sentence: str) -> None:
    clinic.run(*words.split(" "), expect=2)
    assert sentence in clinic.complained
    assert len(clinic.complained.strip().splitlines()) == 1
    assert "secret" not in clinic.complained
    assert [site["id"] for site in clinic.told("site", "list")] == ["shop.example"]
    assert clinic.told("incident", "list") == []
