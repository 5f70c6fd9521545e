// Memory of a thread that grows to the most it was asked for.
#pragma once
#include <cstdlib>
#include <memory>

#include "memory.h"

class Scratch {
 public:
  // At least n numbers, aligned for every vector; what was in them is lost where they have to grow.
  float* of(long n) {
    if (n > size_) {
      const size_t needed = n * sizeof(float), unit = needed < kWorthLargePages ? kLine : kLargePage;
      const size_t bytes = (needed + unit - 1) / unit * unit;
      data_.reset(static_cast<float*>(std::aligned_alloc(unit, bytes)));
      ask_for_large_pages(data_.get(), bytes);
      size_ = n;
    }
    return data_.get();
  }

 private:
  static constexpr size_t kWorthLargePages = 1 << 20;  // bytes: less would be mostly left over

  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  long size_ = 0;
};
