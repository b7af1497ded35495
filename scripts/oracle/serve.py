"""The reference's own server, kept offline: what it would ask an image's registry is answered here."""

import sys

from dstack._internal.server import bootstrap

bootstrap.set_up_process()

import gpuhunt

from dstack._internal.cli.main import main
from dstack._internal.server.services import docker
from dstack._internal.server.services.jobs.configurators import base


def image_of(name, registry_auth):
    """Every image is for x86, and says what it runs."""
    config = docker.ImageConfig(Entrypoint=["/entrypoint"], Cmd=["serve"])
    described = docker.ImageConfigObject(architecture="amd64", os="linux", config=config)
    return described, {gpuhunt.CPUArchitecture.X86}


base.get_image_config_and_cpu_architectures = image_of
sys.argv = ["dstack", "server", "-n", "--host", "127.0.0.1", "--port", sys.argv[1]]
main()
