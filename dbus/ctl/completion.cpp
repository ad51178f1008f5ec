#include "dbus/ctl/completion.h"

#include <algorithm>

namespace edgeseal::ctl {
namespace {

constexpr const char* kForeignLine = "COMMAND";
constexpr const char* kAnyText = "TEXT";  // of CLI11, where nobody said more

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* subcommand) { return !subcommand->get_group().empty(); });
}

// A type name is followed by those of the validators, after colons; CLI::ExistingFile has the name FILE.
std::string kind_of(const CLI::Option& option) {
  const auto names = CLI::detail::split(option.get_type_name(), ':');
  if (names.front() != kAnyText) return names.front();
  return option.get_positional() ? option.get_single_name() : names.back();
}

// Of "{a,b}" or "{a,b,...}", where others are taken too, anywhere in its type name.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::vector<std::string> choices;
  for (const auto& choice : CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',')) {
    if (choice != "...") choices.push_back(choice);
  }
  return choices;
}

// An unfinished command line, read word by word as the parser would.
class Line {
 public:
  explicit Line(const CLI::App& app) : command_(&app) {}

  void read(const std::string& word) {
    ++words_;
    if (foreign_ != kNone) return;
    if (awaiting_ != nullptr) {
      awaiting_ = nullptr;
    } else if (is_option(word) && !arguments_only_) {
      read_option(word);
    } else if (const auto* subcommand = subcommand_named(word)) {
      command_ = subcommand;
    } else {
      if (is_foreign(argument())) foreign_ = words_ - 1;
      ++arguments_;
    }
  }

  [[nodiscard]] Completion complete(const std::string& last) const {
    Completion completion;
    if (foreign_ != kNone) {
      completion.value = kForeignLine;
      completion.foreign = foreign_;
    } else if (awaiting_ != nullptr) {
      offer_values(*awaiting_, last, completion);
    } else if (last.starts_with('-') && !arguments_only_) {
      complete_option(last, completion);
    } else {
      offer_subcommands(last, completion);
      if (const auto* wanted = argument()) offer_values(*wanted, last, completion);
      if (is_foreign(argument())) completion.foreign = words_;
    }
    return completion;
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  static bool is_foreign(const CLI::Option* argument) {
    return argument != nullptr && kind_of(*argument) == kForeignLine;
  }

  void read_option(const std::string& word) {
    if (word == "--") {
      arguments_only_ = true;
      return;
    }
    const auto* option = option_named(word);
    if (option != nullptr && option->get_items_expected_max() > 0) awaiting_ = option;
  }

  // Its own, or one of the commands that it belongs to: they fall through.
  [[nodiscard]] const CLI::Option* option_named(const std::string& name) const {
    for (const auto* command = command_; command != nullptr; command = command->get_parent()) {
      const auto* option = command->get_option_no_throw(name);
      if (option != nullptr && !option->get_positional()) return option;
    }
    return nullptr;
  }

  [[nodiscard]] const CLI::App* subcommand_named(const std::string& name) const {
    if (arguments_ > 0 || arguments_only_) return nullptr;
    const auto all = subcommands_of(*command_);
    const auto found = std::ranges::find(all, name, [](const auto* command) { return command->get_name(); });
    return found == all.end() ? nullptr : *found;
  }

  // The one that the next word would be.
  [[nodiscard]] const CLI::Option* argument() const {
    size_t before = 0;
    for (const auto* option : command_->get_options()) {
      if (!option->get_positional()) continue;
      before += static_cast<size_t>(option->get_items_expected_max());
      if (arguments_ < before) return option;
    }
    return nullptr;
  }

  void offer_subcommands(const std::string& last, Completion& completion) const {
    if (arguments_ > 0 || arguments_only_) return;
    for (const auto* subcommand : subcommands_of(*command_)) {
      if (subcommand->get_name().starts_with(last))
        completion.candidates.push_back({subcommand->get_name(), subcommand->get_description()});
    }
  }

  void complete_option(const std::string& last, Completion& completion) const {
    const size_t equals = last.find('=');
    if (equals == std::string::npos) return offer_options(last, completion);
    const auto* option = option_named(last.substr(0, equals));
    if (option == nullptr || option->get_items_expected_max() == 0) return;
    completion.before_value = last.substr(0, equals + 1);
    offer_values(*option, last.substr(equals + 1), completion);
  }

  // Its own, and those of the program.
  void offer_options(const std::string& last, Completion& completion) const {
    const auto* program = command_;
    while (program->get_parent() != nullptr) program = program->get_parent();
    offer_options_of(*command_, last, completion);
    if (program != command_) offer_options_of(*program, last, completion);
  }

  void offer_options_of(const CLI::App& command, const std::string& last, Completion& completion) const {
    for (const auto* option : command.get_options()) {
      const bool own_only = option == command.get_help_ptr() || option == command.get_version_ptr();
      if (option->get_group().empty() || (own_only && &command != command_)) continue;
      for (const auto& name : option->get_lnames()) {
        const std::string word = "--" + name;
        if (word.starts_with(last)) completion.candidates.push_back({word, option->get_description()});
      }
    }
  }

  static void offer_values(const CLI::Option& option, const std::string& begin, Completion& completion) {
    const auto choices = choices_of(option);
    for (const auto& choice : choices) {
      if (choice.starts_with(begin)) completion.candidates.push_back({completion.before_value + choice, ""});
    }
    if (choices.empty()) completion.value = kind_of(option);
  }

  const CLI::App* command_;
  const CLI::Option* awaiting_ = nullptr;  // its value comes next
  size_t arguments_ = 0;                   // of the command
  size_t words_ = 0;
  size_t foreign_ = kNone;
  bool arguments_only_ = false;  // after "--"
};

}  // namespace

Completion complete(const CLI::App& app, std::span<const std::string> words) {
  if (words.empty()) return {};
  Line line(app);
  for (const auto& word : words.first(words.size() - 1)) line.read(word);
  return line.complete(words.back());
}

}  // namespace edgeseal::ctl
