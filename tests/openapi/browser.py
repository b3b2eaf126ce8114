"""Looks at the page of the booking example as a person does: `browser.py PROGRAM [PICTURE]`.

The page lists all operations of the document, and takes the token. "Try it out" sends a request through the local gateway,
and shows the response. All of the page comes from the program itself.
"""

import json
import sys
import tempfile
import urllib.request
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

sys.path.insert(0, str(Path(__file__).parent.parent / "emulators"))
from process import Process, free_port

TOKEN = "a-token-of-the-tests"
PATIENCE = 60
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--window-size=1000,1600",
]


class Page:
    def __init__(self, browser: Chrome):
        self.browser = browser

    def find(self, selector: str) -> WebElement:
        """Returns the first element that is shown, as soon as there is one."""

        def shown(browser: Chrome) -> WebElement | None:
            return next((found for found in browser.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()), None)

        return WebDriverWait(self.browser, PATIENCE).until(shown, f"the page shows no {selector}")

    def press(self, selector: str) -> None:
        found = self.find(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def texts(self, selector: str) -> list[str]:
        return [found.text for found in self.browser.find_elements(By.CSS_SELECTOR, selector)]


def operations(url: str) -> set[tuple[str, str]]:
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=PATIENCE) as response:
        paths = json.load(response)["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item}


def look(page: Page, url: str) -> list[str]:
    """Returns what is wrong with the page."""
    faults = []
    page.browser.get(f"{url}/docs")
    page.find(".opblock")
    # A zero-width space may stand after each slash.
    shown = [path.replace("\u200b", "") for path in page.texts(".opblock-summary-path")]
    listed = set(zip(page.texts(".opblock-summary-method"), shown, strict=True))
    if listed != operations(url):
        faults.append(f"the page lists {sorted(listed)}")

    page.press(".auth-wrapper .authorize")
    page.find(".auth-container input").send_keys(TOKEN)
    page.press(".auth-btn-wrapper .authorize")
    page.press(".auth-btn-wrapper .btn-done")

    create = "#operations-bookings-create_bookings_post "
    page.press(create + ".opblock-summary-control")
    page.press(create + ".try-out__btn")
    page.press(create + ".execute")
    live = create + ".live-responses-table .response "
    status = page.find(live + ".response-col_status").text.split()[0]
    body = json.loads(page.find(live + ".highlight-code code").text)
    if (status, body) != ("201", {"id": 1, "guest": "Ada", "nights": 2, "room": "double"}):
        faults.append(f"the page shows {status} and {body}")
    loaded = page.browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    if len(loaded) < 3 or not all(name.startswith((url, "data:")) for name in loaded):
        faults.append(f"the page loads {loaded}")
    errors = [entry["message"] for entry in page.browser.get_log("browser") if entry["level"] == "SEVERE"]
    # Every browser asks for it.
    faults += [error for error in errors if "/favicon.ico" not in error]
    return faults


def main(program: str, picture: str | None) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for option in [*OPTIONS, f"--user-data-dir={folder}/profile"]:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        port = free_port()
        environment = {"BOOKINGS_TOKEN": TOKEN, "GATEWIRE_ADDRESS": f"127.0.0.1:{port}"}
        with Process([program], Path(folder) / "log", environment) as server:
            server.wait_for_port(port)
            browser = Chrome(options, ChromeService("/usr/bin/chromedriver"))
            try:
                page = Page(browser)
                faults = look(page, f"http://127.0.0.1:{port}")
                if picture:
                    browser.execute_script("document.querySelector('.opblock-tag-section').scrollIntoView()")
                    browser.save_screenshot(picture)
                version = browser.capabilities["browserVersion"]
                count = len(page.texts(".opblock"))
            finally:
                browser.quit()
    for fault in faults:
        print(fault)
    print(f"Chromium {version}: {count} operations listed, one tried, {len(faults)} faults")
    return not faults


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None) else 1)
