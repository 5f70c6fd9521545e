// Memory of a thread that grows to the most it was asked for.
#pragma once
#include <cstdlib>
#include <memory>

class Scratch {
 public:
  // At least n numbers, aligned for every vector; what was in them is lost where they have to grow.
  float* of(long n) {
    if (n > size_) {
      data_.reset(static_cast<float*>(std::aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64)));
      size_ = n;
    }
    return data_.get();
  }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  long size_ = 0;
};
