"""A real Chromium for the page's tests: Debian's package, driven by its own driver."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.chrome.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 20.0
"""Seconds: how long a busy machine may take; nothing is measured."""
MISSING = "no Chromium with its driver here: apt-get install chromium chromium-driver"


@contextmanager
def open_browser() -> Iterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip(MISSING)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # no sandbox: tests run as root in a container, on pages of our own
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en"):
        options.add_argument(argument)
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


class Browser:
    """What the tests do with a page."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def open(self, url: str, width: int = 1024, height: int = 600, language: str = "en") -> None:
        """A page that remembers nothing, in this size and language."""
        self.size(width, height)
        self.driver.get(f"{url}icons.svg")
        self.run(f"localStorage.clear(); localStorage.setItem('fundusgate.language', '{language}')")
        self.driver.get_log("browser")
        self.driver.get(url)

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0])?.innerText.trim() ?? ''", selector))

    def click(self, selector: str) -> None:
        # the page builds some of its parts itself: they may not be there yet
        self.until(lambda: any(e.is_enabled() for e in self.all(selector)), f"{selector} to be there and enabled")
        self.find(selector).click()

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain for {what}; the page says: {self.text('#prompt-words')!r}"
            time.sleep(0.05)

    def until_says(self, selector: str, text: str) -> None:
        self.until(lambda: text in self.text(selector), f"{text!r} in {selector}, where {self.text(selector)!r} stands")

    def keys(self, keys: str, gap: float) -> None:
        """Real key presses, `gap` seconds apart."""
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()
            time.sleep(gap)

    def type_at_once(self, text: str) -> None:
        """As a scanner does: every key right after the other, Enter last."""
        from selenium.webdriver import ActionChains, Keys

        ActionChains(self.driver, duration=0).send_keys(text + Keys.ENTER).perform()

    def complaints(self) -> list[str]:
        """Errors in the page's console, those of a server that is away left out."""
        entries = self.driver.get_log("browser")
        return [e["message"] for e in entries if e["level"] == "SEVERE" and "ERR_CONNECTION" not in e["message"]]

    def save(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))
