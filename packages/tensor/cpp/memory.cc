// How the system keeps an array.
#include "args.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

// hugePages(array, count): asks that fresh memory be had in pages of 2 MiB where the array holds whole ones. Reading along it
// then costs fewer look-ups of addresses. Nothing where the system has none.
static Register huge_pages("hugePages", [](Args& a) -> napi_value {
  const long count = a.size(1);
  [[maybe_unused]] const float* array = a.f32(0, static_cast<double>(count));
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t kHuge = 1 << 21;
  const uintptr_t start = reinterpret_cast<uintptr_t>(array), end = start + count * sizeof(float);
  const uintptr_t first = (start + kHuge - 1) / kHuge * kHuge, last = end / kHuge * kHuge;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
  return nullptr;
});
