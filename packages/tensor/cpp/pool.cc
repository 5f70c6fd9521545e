#include "pool.h"

#include <algorithm>
#include <cstdlib>

Pool& Pool::get() {
  // Never destroyed: its threads may still sleep when the process ends.
  static Pool* pool = [] {
    const char* asked = std::getenv("GRPO_THREADS");
    int threads = asked ? std::atoi(asked) : static_cast<int>(std::thread::hardware_concurrency());
    return new Pool(std::max(1, threads));
  }();
  return *pool;
}

Pool::Pool(int threads) : threads_(threads) {
  for (int i = 1; i < threads_; i++) std::thread([this] { work(); }).detach();
}

void Pool::work() {
  unsigned long seen = 0;
  for (;;) {
    for (int spins = 0; epoch_.load() == seen; spins++) {
      if (spins < kSpins) {
        GRPO_PAUSE();
        continue;
      }
      std::unique_lock<std::mutex> lock(sleep_);
      sleeping_.fetch_add(1);
      wake_.wait(lock, [&] { return epoch_.load() != seen; });
      sleeping_.fetch_sub(1);
    }
    seen = epoch_.load();
    active_.fetch_add(1);  // from here on the caller waits, unless it has closed the call already
    if (open_.load()) drain();
    active_.fetch_sub(1);
  }
}
