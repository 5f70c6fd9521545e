#include "memory.h"

#include "args.h"

// lineStart(array) -> which of its first numbers begins a line of the cache
static Register line_start("lineStart", [](Args& a) -> napi_value {
  const uintptr_t at = reinterpret_cast<uintptr_t>(a.f32(0, kLine / sizeof(float)));
  return a.number(static_cast<double>((kLine - at % kLine) % kLine / sizeof(float)));
});

// hugePages(array, count): asks for large pages beneath an array that nothing has touched yet.
static Register huge_pages("hugePages", [](Args& a) -> napi_value {
  const long count = a.size(1);
  ask_for_large_pages(a.f32(0, static_cast<double>(count)), count * sizeof(float));
  return nullptr;
});
