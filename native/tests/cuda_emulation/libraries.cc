// What a plugin offers beside kernels, called through mx/plugin.h alone:  libraries PLUGIN collectives DEVICES
//                                                                         libraries PLUGIN compile NAME TEXT OPTION...
// Prints results, or the plugin's error.
#include <dlfcn.h>
#include <mx/plugin.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {
MXPlugin table{};
std::string error;

void require(int status) {
  if (status == 0) return;
  std::printf("status %d: %s\n", status, error.c_str());
  std::exit(0);
}

using Numbers = std::vector<int32_t>;

// An array and a stream on one device. Copies to and from it use pinned memory.
struct Array {
  int device;
  size_t bytes;
  void *data = nullptr, *stream = nullptr;
  int32_t* host = nullptr;

  Array(int device, size_t count) : device(device), bytes(count * sizeof(int32_t)) {
    require(table.make_current(device));
    require(table.stream_create(device, &stream)), require(table.allocate(device, bytes, &data));
    require(table.allocate_pinned(bytes, reinterpret_cast<void**>(&host)));
  }
  void write(const Numbers& values) {
    std::memcpy(host, values.data(), values.size() * sizeof(int32_t));
    require(table.copy(device, data, host, bytes, MX_COPY_TO_DEVICE, stream));
  }
  void print(size_t count) {
    require(table.copy(device, host, data, bytes, MX_COPY_TO_HOST, stream));
    require(table.stream_synchronize(device, stream));
    for (size_t i = 0; i < count; ++i) std::printf("%d ", host[i]);
  }
};

// Every device has 1, 2, ... , 2 * devices, times ten to the power of its rank.
void collectives(int devices) {
  std::vector<int32_t> which, ranks;
  std::vector<Array> arrays;
  const size_t count = 2 * static_cast<size_t>(devices);
  for (int i = 0; i < devices; ++i) {
    which.push_back(i), ranks.push_back(devices - 1 - i);
    arrays.emplace_back(i, count);
  }
  char id[MX_COMM_ID_BYTES];
  require(table.comm_id(id));
  void* comm = nullptr;
  const MXCommJoin join{sizeof join, devices, devices, 0, which.data(), ranks.data(), id};
  require(table.comm_join(&join, &comm));
  const auto run = [&](const char* name, int kind, int op, size_t size, size_t shown) {
    std::vector<void*> data, streams;
    for (int i = 0; i < devices; ++i) {
      Numbers values;
      int32_t factor = 1;
      for (int k = 0; k < ranks[static_cast<size_t>(i)]; ++k) factor *= 10;
      for (size_t k = 0; k < count; ++k) values.push_back(static_cast<int32_t>(k + 1) * factor);
      Array& array = arrays[static_cast<size_t>(i)];
      array.write(values), data.push_back(array.data), streams.push_back(array.stream);
    }
    MXCollective call{};
    call.struct_size = sizeof call, call.kind = kind, call.op = op, call.dtype = 4, call.root = 1;
    call.size = static_cast<int64_t>(size), call.streams = streams.data();
    // An array of all devices may lie where one device's part did; otherwise results get arrays of their own.
    std::vector<Array> results;
    std::vector<void*> to;
    for (int i = 0; i < devices; ++i) to.push_back(results.emplace_back(i, count).data);
    call.from = data.data(), call.to = kind == MX_ALL_REDUCE ? data.data() : to.data();
    require(table.collective(comm, &call));
    std::printf("%s:", name);
    for (int i = 0; i < devices; ++i) {
      std::printf(" %d: ", i);
      require(table.stream_synchronize(i, streams[static_cast<size_t>(i)]));
      (kind == MX_ALL_REDUCE ? arrays : results)[static_cast<size_t>(i)].print(shown);
    }
    std::printf("\n");
  };
  run("sum", MX_ALL_REDUCE, MX_REDUCE_SUM, count, count);
  run("max", MX_ALL_REDUCE, MX_REDUCE_MAX, 1, 1);
  run("broadcast", MX_BROADCAST, 0, count, count);
  run("gather", MX_ALL_GATHER, 0, 2, count);
  run("scatter", MX_REDUCE_SCATTER, MX_REDUCE_SUM, 2, 2);
  require(table.comm_leave(comm));
}

void compile(int count, char** words) {
  MXSource source{};
  source.struct_size = sizeof source, source.name = words[0], source.text = words[1];
  source.num_options = count - 2, source.options = words + 2;
  source.virtual_code = std::getenv("PTX") != nullptr;
  source.take = [](void*, const void* code, size_t bytes) {
    const auto* text = static_cast<const char*>(code);
    std::printf("%zu bytes: %.*s\n", bytes, static_cast<int>(bytes), text);
  };
  source.log = [](void*, const char* text) { std::printf("log: %s\n", text); };
  require(table.compile(&source));
}
}  // namespace

int main(int count, char** words) {
  void* const library = dlopen(words[1], RTLD_NOW);
  if (!library) return std::fprintf(stderr, "%s\n", dlerror()), 1;
  table.abi_version = MX_PLUGIN_ABI, table.struct_size = sizeof table;
  table.set_error = [](const char* message) { error = message; };
  table.register_block = [](const char*, int32_t, int32_t, MXBlockFn) { return 0; };
  table.register_operator = [](const char*, MXOperatorFn) { return 0; };
  require(reinterpret_cast<MXPluginInitFn>(dlsym(library, MX_PLUGIN_INIT))(&table));
  if (std::strcmp(words[2], "compile") == 0)
    compile(count - 3, words + 3);
  else
    collectives(std::atoi(words[3]));
}
