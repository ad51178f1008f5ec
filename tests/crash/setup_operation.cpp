#include "tests/crash/operation.h"
#include "tests/crash/setup_client.h"

// The ways into operational, and back.
namespace edgeseal::crash {
namespace {

using Contact = SetupClient::Contact;
using Guess = SetupClient::Guess;

const Change new_list{{"device/provisioning LastUpdateTime", kAnother}};
const Change new_question{{"bundle Session", kAnother}};

void first_trust(Client& client, Change& change) {
  client.stage_list(kHttpsGroup, client.plant().own_list(), change);
}

void first_trust_for(Client& client, std::uint32_t seconds, Change& change) {
  first_trust(client, change);
  client.apply(kApplication, {{"confirm-within", sdbus::Variant(seconds)}});
}

// On a device as the factory leaves it.
Operation in_setup(Operation operation) {
  operation.begin = Operation::Begin::factory;
  operation.configuration = kDeviceTable;
  return operation;
}

Operation push() {
  return in_setup({.name = "first trust", .run = [](Client& client, Change& change) {
                     first_trust(client, change);
                     client.apply(kApplication);
                   }});
}

Operation push_to_confirm() {
  return in_setup({.name = "first trust to be confirmed",
                   .run = [](Client& client, Change& change) { first_trust_for(client, kAnHour, change); }});
}

Operation confirmation() {
  return in_setup({.name = "confirmation of first trust",
                   .prepare = unconfirmed(first_trust_for, kAnHour),
                   .run = [](Client& client, Change&) { client.confirm(kApplication); }});
}

Operation end_of_unconfirmed() {
  Operation operation = in_setup(undone_at_start("first trust undone at start", first_trust_for));
  operation.settle = [](Client& client) { SetupClient(client).wait_for_end_of_verification(); };
  return operation;
}

// --- staged files

// What is staged becomes active at the start that follows every interruption.
Operation staged(Operation operation) {
  operation.differs = new_list;
  operation.settle = [](Client& client) { SetupClient(client).wait_for_activation(); };
  return in_setup(std::move(operation));
}

Operation file() {
  return staged({.name = "stage file", .run = [](Client& client, Change&) { SetupClient(client).stage_file(); }});
}

Operation activation_at_start() {
  return staged({.name = "activation at start", .prepare = [](Client& client) { SetupClient(client).stage_file(); }});
}

// After a contact that failed, which is not tried again by itself.
Operation activation() {
  return staged({.name = "activate",
                 .prepare =
                     [](Client& client) {
                       SetupClient setup(client);
                       setup.stage_file();
                       setup.activate();
                       setup.report_contact_of_file(Contact::failed);
                     },
                 .run = [](Client& client, Change&) { SetupClient(client).activate(); }});
}

Operation contact_of_file(const char* name, Contact contact) {
  return in_setup({.name = name,
                   .prepare =
                       [](Client& client) {
                         SetupClient setup(client);
                         setup.stage_file();
                         setup.activate();
                       },
                   .run = [contact](Client& client, Change&) { SetupClient(client).report_contact_of_file(contact); }});
}

// --- bundles

Operation bundle() {
  return in_setup({.name = "stage bundle",
                   .run = [](Client& client, Change&) { SetupClient(client).stage_bundle(3); },
                   .differs = new_question});
}

Operation pin(const char* name, std::uint32_t tries, Guess guess) {
  return in_setup({.name = name,
                   .prepare = [tries](Client& client) { SetupClient(client).stage_bundle(tries); },
                   .run = [guess](Client& client, Change&) { SetupClient(client).submit_pin(guess); },
                   .differs = guess == Guess::right ? new_list : Change{}});
}

Operation contact_of_bundle(const char* name, Contact contact) {
  return in_setup(
      {.name = name,
       .prepare =
           [](Client& client) {
             SetupClient setup(client);
             setup.stage_bundle(3);
             setup.submit_pin(Guess::right);
           },
       .run = [contact](Client& client, Change&) { SetupClient(client).report_contact_of_bundle(contact); }});
}

// --- passwords

// Where nothing else opens setup by itself.
Operation by_password(Operation operation) {
  operation = in_setup(std::move(operation));
  operation.configuration += "[setup]\nopen-by = [\"password\", \"presence\"]\n";
  return operation;
}

Operation making_password() {
  return by_password(
      {.name = "make password", .run = [](Client& client, Change&) { SetupClient(client).make_password(); }});
}

Operation password(const char* name, Guess guess) {
  return by_password({.name = name,
                      .prepare = [](Client& client) { SetupClient(client).make_password(); },
                      .run = [guess](Client& client, Change&) { SetupClient(client).submit_password(guess); }});
}

// --- back

Operation reset() {
  return {.name = "reset to setup", .run = [](Client& client, Change&) { SetupClient(client).reset(); }};
}

}  // namespace

const std::vector<Operation>& setup_operations() {
  static const std::vector<Operation> all{push(),
                                          push_to_confirm(),
                                          confirmation(),
                                          end_of_unconfirmed(),
                                          file(),
                                          activation_at_start(),
                                          activation(),
                                          contact_of_file("first contact of a file", Contact::verified),
                                          contact_of_file("failed contact of a file", Contact::failed),
                                          bundle(),
                                          pin("PIN", 3, Guess::right),
                                          pin("wrong PIN", 3, Guess::wrong),
                                          pin("last wrong PIN", 1, Guess::wrong),
                                          contact_of_bundle("first contact of a bundle", Contact::verified),
                                          contact_of_bundle("failed contact of a bundle", Contact::failed),
                                          making_password(),
                                          password("password", Guess::right),
                                          password("wrong password", Guess::wrong),
                                          reset()};
  return all;
}

}  // namespace edgeseal::crash
