// How the system keeps memory.
#pragma once
#include <cstddef>
#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

constexpr size_t kLine = 64;           // bytes of a line of the cache
constexpr size_t kLargePage = 1 << 21; // bytes

// Asks that fresh memory be had in pages of 2 MiB where it holds whole ones: reading along it then costs fewer look-ups of
// addresses. Nothing where the system has none.
static inline void ask_for_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#ifdef MADV_HUGEPAGE
  const uintptr_t start = reinterpret_cast<uintptr_t>(memory), end = start + bytes;
  const uintptr_t first = (start + kLargePage - 1) / kLargePage * kLargePage, last = end / kLargePage * kLargePage;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}
