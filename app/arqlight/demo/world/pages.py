"""The pages of a stand-in site: WordPress's own markup and words, and those of web servers."""

from dataclasses import dataclass, field

from arqlight.demo.world.site_files import VERSION
from arqlight.demo.world.state import State

HTML = "text/html; charset=UTF-8"
CRITICAL = "There has been a critical error on this website."
NO_DATABASE = "Error establishing a database connection"
NO_TABLES = (
    "One or more database tables are unavailable. The database may need to be "
    '<a href="maint/repair.php?referrer=is_blog_installed">repaired</a>.'
)
MAINTAINING = "Briefly unavailable for scheduled maintenance. Check back in a minute."
NO_MYSQL = "Your PHP installation appears to be missing the MySQL extension which is required by WordPress."
STYLE = "h1 { font-size: 24px; } #error-page p, #error-page .wp-die-message { font-size: 14px; }"
HELP = "https://wordpress.org/support/article/faq-troubleshooting/"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer over HTTP."""

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": HTML})
    delay_s: float = 0.0


def died(message: str, title: str = "WordPress &rsaquo; Error", status: int = 500) -> Response:
    """A page of `wp_die`."""
    return Response(
        status,
        '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n\t<meta name="viewport" content="width=device-width">\n'
        f'\t<title>{title}</title>\n\t<style type="text/css">{STYLE}</style>\n</head>\n'
        f'<body id="error-page">\n\t<div class="wp-die-message">{message}</div></body>\n</html>\n',
    )


def critical() -> Response:
    """What WordPress shows after a fatal error."""
    return died(f'<p>{CRITICAL}</p><p><a href="{HELP}">Learn more about troubleshooting WordPress.</a></p>')


def apache(status: int, title: str, text: str) -> Response:
    """An error page of the web server itself."""
    return Response(
        status,
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n'
        f"<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body></html>\n",
    )


def nginx(status: int) -> Response:
    """An error page of a proxy whose upstream does not answer."""
    title = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}[status]
    return Response(
        status,
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1>"
        "</center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
    )


def redirect(location: str, status: int = 302) -> Response:
    """A redirect by WordPress."""
    return Response(status, "", {**early_redirect(location).headers, "X-Redirect-By": "WordPress"})


def early_redirect(location: str) -> Response:
    """A redirect by WordPress before it is loaded, which does not say so."""
    return Response(302, "", {"Content-Type": HTML, "Location": location})


def themed(state: State, title: str, content: str, status: int = 200) -> Response:
    """A page of the theme."""
    options = state["db"]["options"]
    home, theme = options["home"], options["stylesheet"]
    body = (
        f'<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<meta charset="UTF-8">\n<title>{title}</title>\n'
        f'<link rel="https://api.w.org/" href="{home}/wp-json/">\n'
        f'<meta name="generator" content="WordPress {VERSION}">\n'
        f'<link rel="stylesheet" href="{home}/wp-content/themes/{theme}/style.css">\n</head>\n'
        f'<body class="home blog">\n<h1>{options["blogname"]}</h1>\n<main>{content}</main>\n'
        f"<footer>Proudly powered by WordPress</footer>\n</body>\n</html>\n"
    )
    link = f'<{home}/wp-json/>; rel="https://api.w.org/"'
    return Response(status, body, {"Content-Type": HTML, "Link": link})


def home(state: State) -> Response:
    """The home page: the newest posts, or what a cache holds of it."""
    held = state["db"]["cached_home"]
    posts = "".join(f"<article><h2>{slug}</h2><p>{text}</p></article>" for slug, text in state["db"]["posts"].items())
    return themed(state, state["db"]["options"]["blogname"], held or posts)


def login(state: State) -> Response:
    """The login form."""
    siteurl = state["db"]["options"]["siteurl"]
    return Response(
        200,
        '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<title>Log In &lsaquo; The boat house</title>\n'
        f'<link rel="stylesheet" href="{siteurl}/wp-admin/css/login.min.css">\n</head>\n<body class="login">\n'
        f'<form name="loginform" id="loginform" action="{siteurl}/wp-login.php" method="post">\n'
        '<input type="text" name="log"><input type="password" name="pwd"></form>\n</body>\n</html>\n',
    )


def setting_up() -> Response:
    """A step of WordPress's installation."""
    return Response(
        200,
        '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<title>WordPress &rsaquo; Setup</title>\n</head>\n'
        '<body class="wp-core-ui"><form method="post"><p>Welcome to WordPress.</p></form></body>\n</html>\n',
    )


def feed(state: State) -> Response:
    """The RSS feed."""
    options = state["db"]["options"]
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{options["blogname"]}</title>'
        f"<generator>https://wordpress.org/?v={VERSION}</generator></channel></rss>\n"
    )
    return Response(200, body, {"Content-Type": "application/rss+xml; charset=UTF-8"})


def rest(state: State) -> Response:
    """The root of the REST API."""
    name, url = (state["db"]["options"][key] for key in ("blogname", "siteurl"))
    body = f'{{"name":"{name}","url":"{url}","namespaces":["oembed\\/1.0","wp\\/v2"],"routes":{{}}}}'
    return Response(200, body, {"Content-Type": "application/json; charset=UTF-8"})
