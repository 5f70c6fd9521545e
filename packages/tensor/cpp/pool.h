// Threads that share the tasks of one call. Which thread takes a task never changes a result.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <type_traits>

#if defined(__x86_64__) || defined(__i386__)
#define GRPO_PAUSE() __builtin_ia32_pause()
#else
#define GRPO_PAUSE() std::this_thread::yield()
#endif

class Pool {
 public:
  static Pool& get();

  int threads() const { return threads_; }

  // Calls f(task) for every task, 0 <= task < tasks, and waits for all. Serial where another thread of Node is using
  // the pool.
  template <class F>
  void run(int tasks, F&& f) {
    if (threads_ == 1 || tasks <= 1 || !busy_.try_lock()) {
      for (int task = 0; task < tasks; task++) f(task);
      return;
    }
    call_ = [](void* f, int task) { (*static_cast<std::remove_reference_t<F>*>(f))(task); };
    f_ = const_cast<void*>(static_cast<const void*>(&f));
    tasks_ = tasks;
    next_.store(0);
    open_.store(true);
    epoch_.fetch_add(1);
    if (sleeping_.load() > 0) {
      std::lock_guard<std::mutex> lock(sleep_);
      wake_.notify_all();
    }
    drain();
    open_.store(false);  // who has not come by now is not waited for
    for (int spins = 0; active_.load() > 0; spins++) {
      if (spins < kSpins) GRPO_PAUSE();
      else std::this_thread::yield();
    }
    busy_.unlock();
  }

 private:
  static constexpr int kSpins = 4000;  // about 0.1 ms, then a thread sleeps

  explicit Pool(int threads);
  void work();

  void drain() {
    for (int task; (task = next_.fetch_add(1)) < tasks_;) call_(f_, task);
  }

  int threads_;
  std::mutex busy_, sleep_;
  std::condition_variable wake_;
  std::atomic<unsigned long> epoch_{0};
  std::atomic<int> next_{0}, active_{0}, sleeping_{0};
  std::atomic<bool> open_{false};
  void (*call_)(void*, int) = nullptr;
  void* f_ = nullptr;
  int tasks_ = 0;
};
