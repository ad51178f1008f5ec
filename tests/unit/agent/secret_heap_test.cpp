#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "agent/keys/secret_heap.h"

using edgeseal::agent::SecretHeap;

namespace {

struct Fixture {
  static constexpr std::size_t pages = 64;

  ~Fixture() { heap.drain(cache); }

  std::byte* take(std::size_t size) { return static_cast<std::byte*>(heap.allocate(size, cache)); }
  void fill(std::byte* address, std::size_t size) { std::fill_n(address, size, std::byte{0x5a}); }
  [[nodiscard]] bool holds_filling() const {
    return std::search_n(memory.begin(), memory.end(), 16, std::byte{0x5a}) != memory.end();
  }

  struct alignas(SecretHeap::page_size) Page {
    std::byte bytes[SecretHeap::page_size];
  };
  std::vector<Page> storage{pages};
  std::span<std::byte> memory{storage.front().bytes, pages* SecretHeap::page_size};
  SecretHeap heap{memory};
  SecretHeap::Cache cache;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(secret_heap, Fixture)

BOOST_AUTO_TEST_CASE(every_size_is_served_with_little_waste_and_aligned) {
  for (std::size_t size = 1; size <= 3 * SecretHeap::page_size; ++size) {
    std::byte* const address = take(size);
    BOOST_REQUIRE(address != nullptr);
    const std::size_t given = heap.size_of(address);
    BOOST_REQUIRE(given >= size);
    BOOST_REQUIRE(given <=
                  std::max<std::size_t>(16, size > 2048 ? size + SecretHeap::page_size : size + size / 2 + 15));
    BOOST_REQUIRE(reinterpret_cast<std::uintptr_t>(address) % 16 == 0);
    BOOST_REQUIRE(heap.contains(address));
    BOOST_REQUIRE(heap.contains(address + given - 1));
    fill(address, size);
    heap.release(address, cache);
  }
  heap.drain(cache);
  BOOST_TEST(heap.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_given_back_is_overwritten_at_once) {
  for (const std::size_t size : {1u, 16u, 100u, 2048u, 2049u, 10000u}) {
    std::byte* const address = take(size);
    fill(address, heap.size_of(address));
    BOOST_TEST(holds_filling());
    heap.release(address, cache);
    BOOST_TEST(!holds_filling());
  }
}

BOOST_AUTO_TEST_CASE(a_full_heap_says_so_and_serves_again_when_there_is_room) {
  std::vector<std::byte*> taken;
  while (std::byte* const address = take(1000)) taken.push_back(address);
  BOOST_TEST(taken.size() == pages * 4);
  BOOST_TEST(take(5000) == nullptr);
  BOOST_TEST(take(16) == nullptr);
  for (std::byte* const address : taken) heap.release(address, cache);
  heap.drain(cache);
  std::byte* const all = take(memory.size());
  BOOST_TEST(all == memory.data());
  heap.release(all, cache);
}

BOOST_AUTO_TEST_CASE(more_than_there_is_is_refused) {
  for (const std::size_t size : {memory.size() + 1, SIZE_MAX, SIZE_MAX - SecretHeap::page_size})
    BOOST_TEST(take(size) == nullptr);
}

BOOST_AUTO_TEST_CASE(addresses_outside_are_not_its_own) {
  const std::byte elsewhere{};
  BOOST_TEST(!heap.contains(&elsewhere));
  BOOST_TEST(!heap.contains(nullptr));
  BOOST_TEST(!heap.contains(memory.data() - 1));
  BOOST_TEST(!heap.contains(memory.data() + memory.size()));
}

BOOST_AUTO_TEST_CASE(no_two_allocations_overlap_whatever_the_order) {
  std::mt19937 random(7);
  std::map<std::byte*, std::size_t> taken;
  for (int step = 0; step < 20000; ++step) {
    if (taken.size() < 60 && random() % 2 == 0) {
      const std::size_t size = 1 + random() % (random() % 8 == 0 ? 9000 : 600);
      std::byte* const address = take(size);
      if (address == nullptr) continue;
      const auto next = taken.lower_bound(address);
      BOOST_REQUIRE(next == taken.end() || address + size <= next->first);
      BOOST_REQUIRE(next == taken.begin() || std::prev(next)->first + std::prev(next)->second <= address);
      taken.emplace(address, size);
    } else if (!taken.empty()) {
      const auto victim = std::next(taken.begin(), static_cast<std::ptrdiff_t>(random() % taken.size()));
      heap.release(victim->first, cache);
      taken.erase(victim);
    }
  }
  for (const auto& [address, size] : taken) heap.release(address, cache);
  heap.drain(cache);
  BOOST_TEST(heap.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(threads_take_and_give_back_what_others_took) {
  std::mutex mutex;
  std::vector<std::byte*> shared;
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    SecretHeap::Cache own;
    for (int step = 0; step < 5000; ++step) {
      const std::size_t size = 1 + random() % 300;
      auto* const address = static_cast<std::byte*>(heap.allocate(size, own));
      if (address == nullptr) continue;
      fill(address, size);
      const std::lock_guard lock(mutex);
      shared.push_back(address);
      std::swap(shared.back(), shared[random() % shared.size()]);
      if (shared.size() < 100) continue;
      heap.release(shared.back(), own);
      shared.pop_back();
    }
    heap.drain(own);
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  }
  for (std::byte* const address : shared) heap.release(address, cache);
  heap.drain(cache);
  BOOST_TEST(heap.in_use() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
