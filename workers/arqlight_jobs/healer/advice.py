"""What a person should look at first, by what an incident found and by how it ended. Declarations."""

from collections.abc import Sequence

from arqlight_jobs.healer.machine import Outcome
from arqlight_jobs.healer.words import SymptomId

BY_SYMPTOM = {
    SymptomId.MAINTENANCE_STUCK: "Look for a maintenance.php drop-in or a page cache that still says so.",
    SymptomId.DB_DOWN: "Check that the database server runs, and that the login in wp-config.php is the right one.",
    SymptomId.DB_TABLES: "Repair the tables with the site offline, from a dump if need be.",
    SymptomId.PLUGIN_FATAL: "Update the plugin or leave it off, and tell its authors.",
    SymptomId.PLUGIN_CORRUPT: "Install the plugin anew from where it came from: it may not be in the public directory.",
    SymptomId.THEME_FATAL: "Install a default theme, then repair the theme on a copy of the site.",
    SymptomId.DROPIN_FATAL: "Check the cache server that the drop-in speaks to.",
    SymptomId.MUPLUGIN_FATAL: "Ask who maintains the must-use plugin: WordPress cannot switch it off.",
    SymptomId.CORE_CORRUPT: "Install WordPress's own files anew, in the same version.",
    SymptomId.WSOD: "Have PHP log its errors where we can read them, and add that log to the site.",
    SymptomId.MEMORY: "Raise memory_limit in PHP's own settings, and find out what needs so much.",
    SymptomId.HTACCESS_CORRUPT: "Read the web server's error log: it names the line it does not take.",
    SymptomId.PERMALINKS_404: "Check that the web server reads .htaccess, or carries its rules in its own settings.",
    SymptomId.REDIRECT_LOOP: "Compare the site's address, its certificate's offloading and its redirects.",
    SymptomId.TLS_EXPIRED: "Renew the certificate, and give us a renew_tls hook.",
    SymptomId.TLS_INVALID: "Check the certificate's names and its chain.",
    SymptomId.DISK_FULL: "Free room on the disk: uploads and mail are never touched by us.",
    SymptomId.PERMS: "Check who owns the files: we change permissions, never owners.",
    SymptomId.UPSTREAM_DOWN: "Check that PHP runs, and give us restart_php and restart_web hooks.",
    SymptomId.INSTALL_SCREEN: "Restore wp-config.php, or the database: do not go through the installation.",
    SymptomId.PHP_VERSION: "Give the site a newer PHP, or WordPress an older version.",
    SymptomId.NO_MYSQLI: "Install PHP's mysqli extension.",
    SymptomId.CRON_STALLED: "Run wp-cron from the system's own scheduler.",
    SymptomId.DEFACED: "Take the site offline, keep it as it is, and look for how the intruder came in.",
    SymptomId.MALWARE: "Take the site offline, keep it as it is, change every password, then rebuild from clean files.",
    SymptomId.SLOW: "Look for slow queries and for outside services that the page waits for.",
    SymptomId.CONTENT_REGRESSION: "Compare the home page with what it should say: a widget, a menu or a cache is gone.",
}

BY_OUTCOME = {
    Outcome.FLAPPING: "The same comes back after each fix: its cause lies deeper than what was fixed.",
    Outcome.OUT_OF_REACH: "See to it that the site can be reached: by its address, in its folder, by wp-cli or hooks.",
    Outcome.NO_BACKUP: "Make a backup possible first: nothing is fixed without one.",
    Outcome.NO_PLAYBOOK: "No playbook that may be used on this site treats this; it needs a person.",
    Outcome.SECURITY: "Nothing was changed, so that traces stay; the evidence lies in the incident's folder.",
    Outcome.NOT_UNDONE: "At once: put the site back from the incident's backup; it may be worse than it was found.",
    Outcome.EXHAUSTED: "What was tried is undone: the site is as it was found.",
}


def steps(outcomes: Sequence[Outcome], symptoms: Sequence[str]) -> tuple[str, ...]:
    """What to do, the most urgent first. `symptoms` are ids; unknown ones are passed over."""
    by_end = [BY_OUTCOME[one] for one in outcomes if one in BY_OUTCOME]
    known = set(SymptomId)
    by_symptom = [BY_SYMPTOM[SymptomId(one)] for one in symptoms if one in known]
    return tuple(dict.fromkeys((*by_end, *by_symptom)))
