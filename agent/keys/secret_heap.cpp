#include "agent/keys/secret_heap.h"

#include <string.h>

#include <algorithm>
#include <cstdlib>

namespace edgeseal::agent {

namespace {

constexpr auto& sizes = SecretHeap::chunk_sizes;
constexpr std::size_t granule = sizes.front();

// The class of a size, by the number of granules in it.
constexpr auto class_by_granules = [] {
  std::array<std::uint8_t, sizes.back() / granule + 1> table{};
  for (std::size_t granules = 0, next = 0; granules < table.size(); ++granules) {
    if (granules * granule > sizes[next]) ++next;
    table[granules] = static_cast<std::uint8_t>(next);
  }
  return table;
}();

std::size_t class_of(std::size_t size) noexcept {
  return class_by_granules[(size + granule - 1) / granule];
}

// How many chunks a thread may keep; half of them come and go at once.
constexpr std::size_t cache_limit(std::size_t chunk_class) noexcept {
  return std::clamp<std::size_t>(SecretHeap::page_size / sizes[chunk_class], 2, 64);
}

}  // namespace

SecretHeap::SecretHeap(std::span<std::byte> memory) : memory_(memory), pages_(memory.size() / page_size) {}

void* SecretHeap::allocate(std::size_t size, Cache& cache) noexcept {
  if (size > sizes.back()) {
    const std::lock_guard lock(mutex_);
    return size > memory_.size() ? nullptr : take_run((size + page_size - 1) / page_size);
  }
  const std::size_t chunk_class = class_of(size);
  Cache::Line& line = cache.lines_[chunk_class];
  if (line.first == nullptr) refill(line, chunk_class);
  Chunk* const chunk = line.first;
  if (chunk == nullptr) return nullptr;
  line.first = chunk->next;
  --line.length;
  return chunk;
}

void SecretHeap::release(void* address, Cache& cache) noexcept {
  ::explicit_bzero(address, size_of(address));
  const std::size_t index = index_of(address);
  if (pages_[index].use == Use::run) {
    const std::lock_guard lock(mutex_);
    return give_back_run(index);
  }
  const std::size_t chunk_class = pages_[index].chunk_class;
  Cache::Line& line = cache.lines_[chunk_class];
  line.first = new (address) Chunk{line.first};
  if (++line.length > cache_limit(chunk_class)) give_back(line, cache_limit(chunk_class) / 2);
}

void SecretHeap::drain(Cache& cache) noexcept {
  for (Cache::Line& line : cache.lines_)
    if (line.length > 0) give_back(line, 0);
}

std::size_t SecretHeap::size_of(const void* address) const noexcept {
  const Page& page = pages_[index_of(address)];
  if (page.use == Use::run) return page.taken * page_size;
  if (page.use != Use::chunks) std::abort();  // given back already, or never taken
  return sizes[page.chunk_class];
}

bool SecretHeap::contains(const void* address) const noexcept {
  return index_of(address) < pages_.size();
}

std::size_t SecretHeap::in_use() const noexcept {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

// Of an address before the memory: a large number.
std::size_t SecretHeap::index_of(const void* address) const noexcept {
  return (reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(memory_.data())) / page_size;
}

// The first page of so many; the number of all pages where there are none.
std::size_t SecretHeap::find_free(std::size_t count) const noexcept {
  const auto run = std::search_n(pages_.begin(), pages_.end(), static_cast<std::ptrdiff_t>(count), Use::none,
                                 [](const Page& page, Use use) { return page.use == use; });
  return static_cast<std::size_t>(run - pages_.begin());
}

void* SecretHeap::take_run(std::size_t count) noexcept {
  const std::size_t first = find_free(count);
  if (first == pages_.size()) return nullptr;
  for (std::size_t i = 0; i < count; ++i) pages_[first + i].use = i == 0 ? Use::run : Use::rest_of_run;
  pages_[first].taken = static_cast<std::uint16_t>(count);
  in_use_ += count * page_size;
  return address_of(first);
}

void SecretHeap::give_back_run(std::size_t page) noexcept {
  const std::size_t count = pages_[page].taken;
  std::fill_n(pages_.begin() + static_cast<std::ptrdiff_t>(page), count, Page{});
  in_use_ -= count * page_size;
}

SecretHeap::Page* SecretHeap::page_with_room(std::size_t chunk_class) noexcept {
  const auto has_room = [chunk_class](const Page& page) {
    return page.use == Use::chunks && page.chunk_class == chunk_class && page.first != nullptr;
  };
  if (Page& page = pages_[likely_[chunk_class]]; has_room(page)) return &page;
  const auto found = std::ranges::find_if(pages_, has_room);
  if (found == pages_.end()) return cut(chunk_class);
  likely_[chunk_class] = static_cast<std::size_t>(found - pages_.begin());
  return &*found;
}

SecretHeap::Page* SecretHeap::cut(std::size_t chunk_class) noexcept {
  const std::size_t index = find_free(1);
  if (index == pages_.size()) return nullptr;
  Page& page = pages_[index];
  page = {Use::chunks, static_cast<std::uint8_t>(chunk_class), 0, nullptr};
  likely_[chunk_class] = index;
  for (std::size_t offset = 0; offset + sizes[chunk_class] <= page_size; offset += sizes[chunk_class])
    page.first = new (address_of(index) + offset) Chunk{page.first};
  return &page;
}

SecretHeap::Chunk* SecretHeap::take_chunk(std::size_t chunk_class) noexcept {
  Page* const page = page_with_room(chunk_class);
  if (page == nullptr) return nullptr;
  Chunk* const chunk = page->first;
  page->first = chunk->next;
  ++page->taken;
  in_use_ += sizes[chunk_class];
  return chunk;
}

void SecretHeap::give_back_chunk(Chunk* chunk) noexcept {
  Page& page = pages_[index_of(chunk)];
  in_use_ -= sizes[page.chunk_class];
  chunk->next = page.first;
  page.first = chunk;
  if (--page.taken == 0) page = {};
}

void SecretHeap::refill(Cache::Line& line, std::size_t chunk_class) noexcept {
  const std::lock_guard lock(mutex_);
  while (line.length < cache_limit(chunk_class) / 2) {
    Chunk* const chunk = take_chunk(chunk_class);
    if (chunk == nullptr) return;
    chunk->next = line.first;
    line.first = chunk;
    ++line.length;
  }
}

void SecretHeap::give_back(Cache::Line& line, std::size_t keep) noexcept {
  const std::lock_guard lock(mutex_);
  while (line.length > keep) {
    Chunk* const chunk = line.first;
    line.first = chunk->next;
    --line.length;
    give_back_chunk(chunk);
  }
}

}  // namespace edgeseal::agent
