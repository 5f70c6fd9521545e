// The functions of the addon, by name: one for each kernel that a file has registered.
#include "args.h"
#include "pool.h"

std::map<std::string, Kernel>& kernels() {
  static auto* all = new std::map<std::string, Kernel>();
  return *all;
}

static Register threads("threads", [](Args& a) -> napi_value { return a.number(Pool::get().threads()); });

static napi_value call(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* entry = static_cast<std::pair<const std::string, Kernel>*>(data);
  try {
    Args args(env, info, entry->first.c_str());
    return entry->second(args);
  } catch (const std::string& message) {
    napi_throw_type_error(env, nullptr, message.c_str());
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

NAPI_MODULE_INIT() {
  for (auto& entry : kernels()) {
    napi_value function;
    napi_create_function(env, entry.first.c_str(), NAPI_AUTO_LENGTH, call, &entry, &function);
    napi_set_named_property(env, exports, entry.first.c_str(), function);
  }
  return exports;
}
