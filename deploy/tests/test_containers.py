"""Compares the container images with the release that they are made of. No image is built here: there is no engine."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy

ROOT = deploy.DEPLOY.parent
DOCKERFILE = (deploy.DEPLOY / "containers/Dockerfile").read_text()


class Images(unittest.TestCase):
    """What the images take from a release, and start."""

    def test_a_release_has_what_the_images_copy_and_start(self):
        source = (ROOT / "xtask/src/release.rs").read_text()
        programs = re.findall(r'"([a-z-]+)"', re.search(r"const PROGRAMS: [^=]+= \[([^\]]+)\];", source)[1])
        self.assertGreater(len(programs), 5)
        released = {"public"} | {f"bin/{program}" for program in programs}
        copied = {name for line in re.findall(r"(?m)^COPY (.+) \S+$", DOCKERFILE) for name in line.split()}
        self.assertEqual(copied - released, set())
        for image in re.split(r"(?m)^FROM ", DOCKERFILE)[2:]:
            [program] = re.findall(r'(?m)^ENTRYPOINT \["([a-z-]+)"', image)
            self.assertIn(f"bin/{program}", image, "an image starts what it has")


if __name__ == "__main__":
    unittest.main()
