#include <boost/test/unit_test.hpp>

#include "agent/fair_queue.h"

using edgeseal::agent::FairQueue;

BOOST_AUTO_TEST_SUITE(fair_queue)

BOOST_AUTO_TEST_CASE(clients_take_turns_whoever_came_first) {
  FairQueue<int> queue;
  for (const int item : {10, 11, 12}) queue.push(1, item);
  queue.push(2, 20);
  queue.push(3, 30);
  std::vector<int> order;
  while (const auto item = queue.pop()) order.push_back(*item);
  BOOST_TEST(order == (std::vector<int>{10, 20, 30, 11, 12}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(counts_what_waits_in_all_and_of_one_client) {
  FairQueue<int> queue;
  BOOST_TEST(!queue.pop().has_value());
  queue.push(7, 1);
  queue.push(7, 2);
  queue.push(8, 3);
  BOOST_TEST(queue.size() == 3u);
  BOOST_TEST(queue.waiting(7) == 2u);
  BOOST_TEST(queue.waiting(9) == 0u);
  BOOST_TEST(*queue.pop() == 1);
  BOOST_TEST(queue.waiting(7) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
