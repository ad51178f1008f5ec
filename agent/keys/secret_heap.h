#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace edgeseal::agent {

// An allocator in memory that somebody else owns. Pages, each cut into chunks of one size; what is larger than half a
// page takes whole pages, first fit. The books lie outside of the memory; what is given back is overwritten. Any
// thread, except that a Cache belongs to one.
class SecretHeap {
 public:
  static constexpr std::size_t page_size = 4096;
  static constexpr std::array<std::uint16_t, 14> chunk_sizes = {16,  32,  48,  64,  96,   128,  192,
                                                                256, 384, 512, 768, 1024, 1360, 2048};

  // Chunks that one thread keeps for itself, overwritten, so that most of its calls need no lock. To be drained.
  class Cache {
    friend class SecretHeap;
    struct Chunk {
      Chunk* next;
    };
    struct Line {
      Chunk* first = nullptr;
      std::size_t length = 0;
    };
    std::array<Line, chunk_sizes.size()> lines_{};
  };

  // `memory`: page-aligned, whole pages.
  explicit SecretHeap(std::span<std::byte> memory);
  SecretHeap(const SecretHeap&) = delete;
  SecretHeap& operator=(const SecretHeap&) = delete;

  // Aligned to 16 bytes, more than half a page to a page; nullptr where there is no room. `size` is not zero.
  [[nodiscard]] void* allocate(std::size_t size, Cache& cache) noexcept;
  void release(void* address, Cache& cache) noexcept;
  void drain(Cache& cache) noexcept;

  // Of what allocate() gave; at least what was asked for.
  [[nodiscard]] std::size_t size_of(const void* address) const noexcept;
  [[nodiscard]] bool contains(const void* address) const noexcept;
  // Bytes; chunks in a Cache count.
  [[nodiscard]] std::size_t in_use() const noexcept;
  [[nodiscard]] std::size_t capacity() const noexcept { return memory_.size(); }

 private:
  using Chunk = Cache::Chunk;
  enum class Use : std::uint8_t { none, chunks, run, rest_of_run };
  struct Page {
    Use use = Use::none;
    std::uint8_t chunk_class = 0;
    std::uint16_t taken = 0;  // chunks of this page; of a run: pages
    Chunk* first = nullptr;   // free chunks
  };

  [[nodiscard]] std::size_t index_of(const void* address) const noexcept;
  [[nodiscard]] std::byte* address_of(std::size_t page) const noexcept { return memory_.data() + page * page_size; }

  // With the lock held.
  [[nodiscard]] std::size_t find_free(std::size_t count) const noexcept;
  [[nodiscard]] void* take_run(std::size_t count) noexcept;
  void give_back_run(std::size_t page) noexcept;
  [[nodiscard]] Page* page_with_room(std::size_t chunk_class) noexcept;
  [[nodiscard]] Page* cut(std::size_t chunk_class) noexcept;
  [[nodiscard]] Chunk* take_chunk(std::size_t chunk_class) noexcept;
  void give_back_chunk(Chunk* chunk) noexcept;

  void refill(Cache::Line& line, std::size_t chunk_class) noexcept;
  void give_back(Cache::Line& line, std::size_t keep) noexcept;

  const std::span<std::byte> memory_;
  mutable std::mutex mutex_;  // guards the rest, but for the use and class of pages that are taken
  std::vector<Page> pages_;
  std::array<std::size_t, chunk_sizes.size()> likely_{};  // by class: a page that had room
  std::size_t in_use_ = 0;
};

}  // namespace edgeseal::agent
