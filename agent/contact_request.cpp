#include "agent/contact_request.h"

#include <string_view>
#include <utility>

namespace edgeseal::agent {

namespace {

constexpr std::string_view record_name = "contact-request";
constexpr std::string_view record_text = R"({"pending":true})";

}  // namespace

ContactRequest::ContactRequest(State& state, World world)
    : state_(state), world_(std::move(world)), pending_(state_.record(record_name).has_value()) {}

void ContactRequest::remember() {
  if (pending_) return;
  const bool free = !world_.busy();  // asked while nothing is pending
  state_.put_record(record_name, std::as_bytes(std::span(record_text)));
  pending_ = true;
  world_.changed();
  if (free) world_.due();
}

bool ContactRequest::take() {
  if (world_.busy() || !pending_) return false;
  state_.remove_record(record_name);
  pending_ = false;
  world_.changed();
  return true;
}

void ContactRequest::now_free() {
  if (pending_) world_.due();
}

}  // namespace edgeseal::agent
