#include "audit/entry.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "audit/error.h"

namespace edgeseal::audit {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_fields = 24;
constexpr std::size_t max_fields_size = 2048;  // of all together
constexpr std::string_view hash_member = R"(,"hash":")";
constexpr std::string_view end_of_line = R"("})";
constexpr std::size_t hash_size = 64;
constexpr std::string_view left_out = "left-out";

// What is no entry though nobody changed it.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where text is cut inside a character, what is left of it is replaced when it is written.
std::string bounded(const std::string& text, std::size_t most) {
  std::string shown = text.size() <= most ? text : text.substr(0, most) + "...";
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return shown;
}

Json to_json(const Caller& caller) {
  Json json;
  if (caller.uid != static_cast<uid_t>(-1)) json["uid"] = caller.uid;
  if (!caller.account.empty()) json["account"] = bounded(caller.account, max_name);
  if (caller.pid > 0) json["pid"] = caller.pid;
  if (!caller.unit.empty()) json["unit"] = bounded(caller.unit, 4 * max_name);
  if (!caller.bus_name.empty()) json["bus-name"] = bounded(caller.bus_name, max_name);
  return json;
}

Json to_json(const std::map<std::string, std::string>& fields) {
  Json json = Json::object();
  std::size_t size = 0, count = 0;
  for (const auto& [name, value] : fields) {
    const std::string text = bounded(value, max_text);
    size += text.size() + name.size();
    if (json.size() >= max_fields || size > max_fields_size) continue;
    json[bounded(name, max_name)] = text;
    ++count;
  }
  if (count < fields.size()) json[std::string(left_out)] = std::to_string(fields.size() - count);
  return json;
}

Json to_json(const Entry& entry, const Hash& previous) {
  Json json{{"sequence", entry.sequence}, {"time", entry.time.time_since_epoch().count()}};
  json["kind"] = bounded(entry.kind, 2 * max_name);
  json["outcome"] = bounded(entry.outcome, max_name);
  if (entry.caller) json["caller"] = to_json(*entry.caller);
  if (!entry.object.empty()) json["object"] = bounded(entry.object, max_text);
  if (!entry.message.empty()) json["message"] = bounded(entry.message, max_text);
  if (!entry.fields.empty()) json["fields"] = to_json(entry.fields);
  json["previous"] = to_text(previous);
  return json;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Where a member has another type than it must, nlohmann throws.
std::string text_of(const Json& json, const char* name) {
  return json.contains(name) ? json.at(name).get<std::string>() : std::string();
}

template <class Number>
Number number_of(const Json& json, const char* name, Number absent) {
  if (!json.contains(name)) return absent;
  const Json& value = json.at(name);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
    throw Malformed(std::string("its ") + name + " is no number that could be one");
  return value.get<Number>();
}

Caller caller_of(const Json& json) {
  if (!json.is_object()) throw Malformed("its caller is none");
  const Caller nobody;
  return {number_of(json, "uid", nobody.uid), text_of(json, "account"), number_of(json, "pid", nobody.pid),
          text_of(json, "unit"), text_of(json, "bus-name")};
}

Entry entry_of(const Json& json) {
  Entry entry;
  entry.sequence = number_of<std::uint64_t>(json, "sequence", 0);
  if (entry.sequence == 0 || entry.sequence >= max_sequence) throw Malformed("it has no sequence number");
  entry.time = Entry::Time(std::chrono::microseconds(number_of<std::int64_t>(json, "time", 0)));
  entry.kind = json.at("kind").get<std::string>();
  entry.outcome = json.at("outcome").get<std::string>();
  if (json.contains("caller")) entry.caller = caller_of(json.at("caller"));
  entry.object = text_of(json, "object");
  entry.message = text_of(json, "message");
  if (json.contains("fields")) entry.fields = json.at("fields").get<std::map<std::string, std::string>>();
  return entry;
}

Line parse(const std::string& file, std::string_view hashed) {
  try {
    const Json json = Json::parse(std::string(hashed) + "}");
    const auto previous = parse_hash(json.at("previous").get<std::string>());
    if (!previous) throw Malformed("it does not say which entry it follows");
    return {entry_of(json), *previous, {}};
  } catch (const nlohmann::json::exception&) {
    throw Error(file, "it is no entry of an audit log");
  } catch (const Malformed& malformed) {
    throw Error(file, malformed.what());
  }
}

}  // namespace

std::uint64_t number_in(const Entry& entry, const std::string& field) {
  std::uint64_t number = 0;
  const auto found = entry.fields.find(field);
  if (found != entry.fields.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  return number;
}

WrittenLine write_line(const Entry& entry, const Hash& previous) {
  std::string line = dumped(to_json(entry, previous));
  line.pop_back();
  const Hash hash = hash_of(line);
  return {line.append(hash_member).append(to_text(hash)).append(end_of_line) + "\n", hash};
}

Line read_line(const std::string& file, std::string_view line) {
  constexpr std::size_t tail = hash_member.size() + hash_size + end_of_line.size();
  if (line.size() >= max_line_size) throw Error(file, "it is longer than an entry can be");
  if (line.size() < tail || !line.ends_with(end_of_line)) throw Error(file, "it is no entry of an audit log");
  const std::string_view hashed = line.substr(0, line.size() - tail);
  if (!line.substr(hashed.size()).starts_with(hash_member)) throw Error(file, "it has no hash");
  const auto hash = parse_hash(line.substr(hashed.size() + hash_member.size(), hash_size));
  if (!hash || *hash != hash_of(hashed)) throw Error(file, "its hash does not fit: it was changed");
  Line read = parse(file, hashed);
  read.hash = *hash;
  return read;
}

}  // namespace edgeseal::audit
