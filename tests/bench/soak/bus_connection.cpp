#include "tests/bench/soak/bus_connection.h"

#include <system_error>
#include <vector>

namespace edgeseal::bench {
namespace {

constexpr const char* agent = "org.edgeseal.Agent1";

using MessagePtr = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;

void require(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

MessagePtr new_call(sd_bus* bus, const char* path, const char* interface, const char* member) {
  sd_bus_message* message = nullptr;
  require(sd_bus_message_new_method_call(bus, &message, agent, path, interface, member), member);
  return {message, sd_bus_message_unref};
}

MessagePtr describe(sd_bus* bus) {
  return new_call(bus, "/org/edgeseal", agent, "Describe");
}

MessagePtr update_certificate(sd_bus* bus, std::size_t bytes) {
  MessagePtr message =
      new_call(bus, "/org/edgeseal/application/gateway/https", "org.edgeseal.CertificateGroup1", "UpdateCertificate");
  const std::vector<char> certificate(bytes);
  require(sd_bus_message_append(message.get(), "s", "https"), "type");
  require(sd_bus_message_append_array(message.get(), 'y', certificate.data(), certificate.size()), "certificate");
  require(sd_bus_message_append(message.get(), "aaya{sv}", 0, 0), "issuers");
  return message;
}

}  // namespace

BusConnection::BusConnection() : bus_(nullptr, &sd_bus_close_unref) {
  sd_bus* bus = nullptr;
  require(sd_bus_open_system(&bus), "the bus");
  bus_.reset(bus);
}

void BusConnection::call(Answer answer, std::chrono::seconds limit) {
  auto owned = std::make_unique<Answer>(std::move(answer));
  sd_bus_slot* slot = nullptr;
  require(sd_bus_call_async(bus_.get(), &slot, describe(bus_.get()).get(), &BusConnection::on_answer, owned.get(),
                            static_cast<std::uint64_t>(std::chrono::microseconds(limit).count())),
          "Describe");
  sd_bus_slot_set_destroy_callback(slot, [](void* what) { delete static_cast<Answer*>(what); });
  (void)owned.release();
  sd_bus_slot_set_floating(slot, 1);
  sd_bus_slot_unref(slot);
}

void BusConnection::call_unheard(std::size_t bytes) {
  const MessagePtr message = bytes > 0 ? update_certificate(bus_.get(), bytes) : describe(bus_.get());
  require(sd_bus_send(bus_.get(), message.get(), nullptr), "sending");
  require(sd_bus_flush(bus_.get()), "sending");
}

bool BusConnection::read() {
  int more = 0;
  while ((more = sd_bus_process(bus_.get(), nullptr)) > 0) continue;
  return more == 0;
}

int BusConnection::on_answer(sd_bus_message* message, void* answer, sd_bus_error*) {
  const sd_bus_error* error = sd_bus_message_get_error(message);
  (*static_cast<Answer*>(answer))(error == nullptr ? "" : error->name);
  return 0;
}

}  // namespace edgeseal::bench
