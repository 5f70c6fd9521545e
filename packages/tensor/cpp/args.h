// Arguments of a kernel that is called from JavaScript, checked: a wrong length is an error there, never a crash here.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <map>
#include <string>
#include <vector>

class Args {
 public:
  Args(napi_env env, napi_callback_info info, const char* kernel) : env(env), kernel_(kernel) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
  }

  napi_env env;

  // A Float32Array of at least `least` numbers.
  float* f32(int i, double least) { return static_cast<float*>(array(i, least, napi_float32_array)); }
  // An Int32Array of at least `least` numbers.
  int32_t* i32(int i, double least) { return static_cast<int32_t*>(array(i, least, napi_int32_array)); }
  // An Int32Array of at least `count` numbers, the first `count` of them from 0 to before `bound`.
  const int32_t* ids(int i, long count, long bound) {
    const int32_t* all = i32(i, static_cast<double>(count));
    for (long n = 0; n < count; n++) {
      if (all[n] < 0 || all[n] >= bound) fail(i, "numbers from 0 to before " + std::to_string(bound));
    }
    return all;
  }
  // A Float64Array of at least `least` numbers.
  double* f64(int i, double least) { return static_cast<double*>(array(i, least, napi_float64_array)); }
  // An array of Float32Arrays of at least `least` numbers each.
  std::vector<float*> f32s(int i, double least) {
    uint32_t length = 0;
    if (at(i) == nullptr || napi_get_array_length(env, at(i), &length) != napi_ok) fail(i, "an array");
    std::vector<float*> arrays(length);
    for (uint32_t n = 0; n < length; n++) {
      arrays[n] = element(i, n).f32(least);
    }
    return arrays;
  }
  // As f32, or null for undefined and null.
  float* optional(int i, double least) { return is_absent(at(i)) ? nullptr : f32(i, least); }

  // Element n of an argument that is an array.
  struct Element {
    Args& args;
    int argument;
    napi_value value;
    float* f32(double least) const {
      return static_cast<float*>(args.data_of(argument, value, least, napi_float32_array));
    }
    float* optional(double least) const { return args.is_absent(value) ? nullptr : f32(least); }
  };
  Element element(int i, uint32_t n) {
    napi_value value = nullptr;
    if (at(i) == nullptr || napi_get_element(env, at(i), n, &value) != napi_ok) fail(i, "an array");
    return {*this, i, value};
  }

  double num(int i) {
    double value = 0;
    if (at(i) == nullptr || napi_get_value_double(env, at(i), &value) != napi_ok) fail(i, "a number");
    return value;
  }
  // A count or a length.
  long size(int i) {
    double value = num(i);
    if (!(value >= 0 && value < 1e15) || value != static_cast<double>(static_cast<long>(value))) {
      fail(i, "a whole number of at least 0");
    }
    return static_cast<long>(value);
  }
  bool flag(int i) {
    bool value = false;
    if (is_absent(at(i))) return false;
    if (napi_get_value_bool(env, at(i), &value) != napi_ok) fail(i, "true or false");
    return value;
  }

  napi_value number(double value) {
    napi_value result;
    napi_create_double(env, value, &result);
    return result;
  }

  // Ends the kernel with an error in JavaScript.
  [[noreturn]] void fail(int i, const std::string& needs) {
    throw std::string(kernel_) + ": needs " + needs + " as argument " + std::to_string(i + 1) + ", got another.";
  }

 private:
  static constexpr size_t kMost = 40;
  const char* kernel_;
  size_t count_ = kMost;
  napi_value values_[kMost];

  napi_value at(int i) { return static_cast<size_t>(i) < count_ ? values_[i] : nullptr; }

  bool is_absent(napi_value value) {
    if (value == nullptr) return true;
    napi_valuetype type;
    napi_typeof(env, value, &type);
    return type == napi_undefined || type == napi_null;
  }

  void* array(int i, double least, napi_typedarray_type wanted) { return data_of(i, at(i), least, wanted); }

  void* data_of(int i, napi_value value, double least, napi_typedarray_type wanted) {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    const char* name = wanted == napi_float32_array   ? "a Float32Array"
                       : wanted == napi_float64_array ? "a Float64Array"
                                                      : "an Int32Array";
    if (value == nullptr ||
        napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != wanted ||
        static_cast<double>(length) < least) {
      fail(i, std::string(name) + " of at least " + std::to_string(static_cast<long long>(least)) + " numbers");
    }
    return data;
  }
};

// What a kernel does; a null pointer returns undefined.
using Kernel = napi_value (*)(Args&);

std::map<std::string, Kernel>& kernels();

// At file scope: `static Register matmul("matmul", [](Args& a) -> napi_value { ... });`
struct Register {
  Register(const char* name, Kernel kernel) { kernels()[name] = kernel; }
};
