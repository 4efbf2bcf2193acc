// The plugin that brings GPUs: found once, at the first use of one.
#pragma once
#include <string>

#include "mx/base/dtype.h"
#include "mx/plugin.h"
#include "storage/storage.h"

namespace mx::device {

// Where the plugin is; the front end knows its packages. MX_CUDA_PLUGIN in the environment wins. Before the first use.
void set_plugin_path(std::string path);

// Raises kUnsupported with what is missing (plugin, driver or device) and what to install.
const MXPlugin& plugin();
int count();                // of devices; 0 without plugin, driver or device
void check_id(int device);  // raises kUnsupported or kValue when there is no such device
std::string missing();      // why count() is 0

// The functions of the table that belong to libmx: all plugins and libraries get them.
void set_error(const char* message);
const std::string& last_error();  // of this thread

// Raises with the plugin's own message, e.g. "[copy] gpu(0): ...".
void check(int status, const char* what, int device);

MXBlockFn find_block(const char* kernel, DType dtype, int kind);  // null when there is none
MXOperatorFn find_operator(const char* op);

}  // namespace mx::device
