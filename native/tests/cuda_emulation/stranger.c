/* A plugin in C, from mx/plugin.h alone: the device of the plugin that PLUGIN_BASE names, and two operators as whole
 * functions. `square`, which has block kernels too, becomes zeros. `topk` fails in words of its own. */
#include <dlfcn.h>
#include <mx/plugin.h>
#include <stdlib.h>

static MXPlugin* host;

static int64_t bytes_of(const MXTensor* t) {
  int64_t n = t->dtype == 1 ? 8 : 4;
  for (int i = 0; i < t->ndim; ++i) n *= t->shape[i];
  return n;
}

static int zeros(const MXOperatorCall* call) {
  void* scratch = call->workspace(call->context, 64);
  if (!scratch || host->fill(call->device, scratch, 1, 64, call->stream)) return 1;
  return host->fill(call->device, call->out[0].data, 0, (size_t)bytes_of(&call->out[0]), call->stream);
}

static int refuse(const MXOperatorCall* call) {
  host->set_error(call->num_in == 1 && call->in[0].ndim == 2 ? "topk of matrices is for somebody else" : "what is this?");
  return 1;
}

int MXPluginInit(MXPlugin* plugin) {
  void* base = dlopen(getenv("PLUGIN_BASE"), RTLD_NOW);
  MXPluginInitFn init = base ? (MXPluginInitFn)dlsym(base, MX_PLUGIN_INIT) : 0;
  if (!init || init(plugin)) return 1;
  host = plugin;
  plugin->name = "stranger";
  return plugin->register_operator("square", zeros) || plugin->register_operator("topk", refuse);
}
