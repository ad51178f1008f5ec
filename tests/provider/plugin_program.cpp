// A program without libcrypto that loads a plugin which uses TLS, and unloads it again: plugin_program PLUGIN TIMES
// lifecycle_test runs it beside a key server.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace {

bool is_loaded(const char* library) {
  void* handle = ::dlopen(library, RTLD_NOW | RTLD_NOLOAD);
  if (handle != nullptr) ::dlclose(handle);
  return handle != nullptr;
}

// The plugin must be gone when it is closed, or this tests nothing.
bool use(const char* plugin) {
  void* handle = ::dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return false;
  const auto run = reinterpret_cast<int (*)()>(::dlsym(handle, "tls_plugin_main"));
  const bool good = run != nullptr && run() == 0;
  return ::dlclose(handle) == 0 && !is_loaded(plugin) && good;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || is_loaded("libcrypto.so.3")) return 2;
  for (int i = 0; i < std::atoi(arguments[2]); ++i) {
    if (use(arguments[1])) continue;
    const char* problem = ::dlerror();
    std::fprintf(stderr, "use %d of %s failed%s%s\n", i + 1, arguments[1], problem ? ": " : "", problem ? problem : "");
    return 1;
  }
  return 0;
}
