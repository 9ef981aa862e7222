import time

from tests.browser.test_axe import *
from tests.testing.browser import DESK, PHONE


def test_speed(meet, world, district, address):
    p = meet(width=PHONE, bypass_csp=True)
    for path in ["/", "/matters/", world.at("rating"), world.at("rating","/track/")]:
        a=time.time(); p.page.set_viewport_size({"width": PHONE, "height": 800})
        b=time.time(); p.page.goto(p.address+path)
        c=time.time(); p.page.evaluate(AXE_SCRIPT)
        d=time.time(); p.page.evaluate(RUN)
        e=time.time()
        for w in (PHONE, DESK):
            p.page.set_viewport_size({"width": w, "height": 800}); p.overflow()
        f=time.time()
        print(path, *(round(y-x,2) for x,y in zip((a,b,c,d,e),(b,c,d,e,f))))
