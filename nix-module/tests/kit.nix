# As much of nixpkgs' `lib` as the modules here use, written anew, so that continuous integration can evaluate them with Nix
# alone: no nixpkgs, no network. dev/eval-modules runs the same cases on the real one. A few functions are for package.nix,
# which dev/build-package builds with it.
#
# It is stricter where that is cheap: every definition is checked against its type, and an option that is not declared, or
# defined twice to different values, is an error. Definitions carry their priority and order as in nixpkgs (a lower number
# wins; 100 is a plain definition).
let
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    hasAttr
    head
    intersectAttrs
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    length
    listToAttrs
    map
    mapAttrs
    match
    removeAttrs
    replaceStrings
    sort
    stringLength
    substring
    tail
    toJSON
    typeOf
    ;

  nameValuePair = name: value: { inherit name value; };
  filterAttrs =
    keep: set: listToAttrs (concatMap (n: if keep n set.${n} then [ (nameValuePair n set.${n}) ] else [ ]) (attrNames set));
  mapAttrsToList = f: set: map (n: f n set.${n}) (attrNames set);
  concatStringsSep = builtins.concatStringsSep;
  concatStrings = concatStringsSep "";
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  imap1 = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
  recursiveUpdate =
    old: new:
    old
    // mapAttrs (
      name: value: if isAttrs value && isAttrs (old.${name} or null) then recursiveUpdate old.${name} value else value
    ) new;
  escapeShellArg =
    arg:
    let
      text = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" text != null then text else "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  isDerivation = value: (value.type or null) == "derivation";

  showPath = concatStringsSep ".";
  show = value: if isFunction value then "a function" else if isAttrs value && !(value ? outPath) then "{ ${toString (attrNames value)} }" else toJSON value;

  # Properties of a definition.
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOrder = order: content: {
    _type = "order";
    inherit order content;
  };
  property = value: if isAttrs value then value._type or null else null;

  # What a definition comes to: a list of values, each with its priority and order.
  discharge =
    {
      value,
      priority ? 100,
      order ? 1000,
    }@definition:
    {
      "if" = if value.condition then discharge (definition // { value = value.content; }) else [ ];
      merge = concatMap (content: discharge (definition // { value = content; })) value.contents;
      override = discharge (
        definition
        // {
          value = value.content;
          inherit (value) priority;
        }
      );
      order = discharge (
        definition
        // {
          value = value.content;
          inherit (value) order;
        }
      );
    }
    .${toString (property value)} or [
      {
        inherit value priority order;
      }
    ];

  # The definitions that count: those of the strongest priority, in order.
  strongest =
    definitions:
    let
      least = foldl' (least: d: if d.priority < least then d.priority else least) 9999 definitions;
    in
    sort (a: b: a.order < b.order) (filter (d: d.priority == least) definitions);

  # The definitions of each name in a set that may have properties around it; conditions are not looked at for the names, since
  # they may well depend on the very config that is being made.
  pushDown =
    definition:
    let
      inside = wrap: mapAttrs (_: map wrap);
      merged = foldl' (all: one: all // mapAttrs (n: values: (all.${n} or [ ]) ++ values) one) { };
    in
    {
      "if" = inside (mkIf definition.condition) (pushDown definition.content);
      merge = merged (map pushDown definition.contents);
      override = inside (mkOverride definition.priority) (pushDown definition.content);
      order = inside (mkOrder definition.order) (pushDown definition.content);
    }
    .${toString (property definition)} or (
      if isAttrs definition then
        mapAttrs (_: value: [ value ]) definition
      else
        throw "a set was expected, not ${show definition}"
    );
  pushDownAll = definitions: foldl' (all: one: all // mapAttrs (n: values: (all.${n} or [ ]) ++ values) one) { } (map pushDown definitions);

  # A type: `check` a value, `merge` the values of several definitions at a path.
  mkType =
    {
      name,
      check,
      merge ? mergeEqual name,
      # Whether `merge` wants the raw definitions, properties and all, since there is structure below.
      deep ? false,
    }:
    {
      inherit name check merge deep;
      description = name;
    };
  mergeEqual =
    name: path: values:
    if all (v: v == head values) values then
      head values
    else
      throw "The option `${showPath path}' has conflicting definition values: ${concatStringsSep ", " (map show values)}";

  # The value of an option or of a nested place of the type, from raw definitions.
  mergeDefinitions =
    path: type: definitions:
    let
      values = map (d: d.value) (strongest (concatMap (value: discharge { inherit value; }) definitions));
      wrong = filter (v: !(type.check v)) values;
    in
    if wrong != [ ] then
      throw "A definition for option `${showPath path}' is not of type `${type.description}'. Definition value: ${show (head wrong)}"
    else if type.deep then
      type.merge path definitions
    else
      type.merge path values;

  isPresent = definitions: concatMap (value: discharge { inherit value; }) definitions != [ ];

  types = rec {
    bool = mkType {
      name = "boolean";
      check = isBool;
    };
    int = mkType {
      name = "signed integer";
      check = isInt;
    };
    float = mkType {
      name = "floating point number";
      check = isFloat;
    };
    str = mkType {
      name = "string";
      check = isString;
    };
    lines = mkType {
      name = "strings concatenated with \"\\n\"";
      check = isString;
      merge = _: concatStringsSep "\n";
    };
    path = mkType {
      name = "absolute path";
      check = v: isPath v || (isString v || v ? outPath) && hasPrefix "/" "${v}";
    };
    package = mkType {
      name = "package";
      check = isDerivation;
    };
    port = mkType {
      name = "16 bit unsigned integer; between 0 and 65535 (both inclusive)";
      check = v: isInt v && v >= 0 && v <= 65535;
    };
    ints.positive = mkType {
      name = "positive integer, meaning >0";
      check = v: isInt v && v > 0;
    };
    unspecified = mkType {
      name = "unspecified value";
      check = _: true;
      # Not compared, since that would evaluate all of it.
      merge = path: values: if length values == 1 then head values else mergeEqual "unspecified" path values;
    };
    enum =
      values:
      mkType {
        name = "one of ${concatStringsSep ", " (map toJSON values)}";
        check = v: elem v values;
      };
    strMatching =
      pattern:
      mkType {
        name = "string matching the pattern ${pattern}";
        check = v: isString v && match pattern v != null;
      };
    nullOr =
      type:
      mkType {
        name = "null or ${type.description}";
        check = v: v == null || type.check v;
        deep = type.deep;
        merge =
          path: definitions:
          if !type.deep then
            if all (v: v == null) definitions then
              null
            else if any (v: v == null) definitions then
              throw "The option `${showPath path}' is defined both null and not null."
            else
              type.merge path definitions
          else if all (d: d.value == null) (concatMap (value: discharge { inherit value; }) definitions) then
            null
          else
            type.merge path definitions;
      };
    either =
      a: b:
      mkType {
        name = "${a.description} or ${b.description}";
        check = v: a.check v || b.check v;
        deep = true;
        merge =
          path: definitions:
          let
            values = map (d: d.value) (strongest (concatMap (value: discharge { inherit value; }) definitions));
          in
          if all a.check values then
            mergeDefinitions path a definitions
          else
            mergeDefinitions path b definitions;
      };
    oneOf = choices: foldl' either (head choices) (tail choices);
    listOf =
      type:
      mkType {
        name = "list of ${type.description}";
        check = isList;
        merge =
          path: values: imap1 (n: v: mergeDefinitions (path ++ [ "[definition ${toString n}]" ]) type [ v ]) (concatLists values);
      };
    attrsOf =
      type:
      mkType {
        name = "attribute set of ${type.description}";
        check = v: isAttrs v && !(isDerivation v);
        deep = true;
        merge =
          path: definitions:
          mapAttrs (n: mergeDefinitions (path ++ [ n ]) type) (filterAttrs (_: isPresent) (pushDownAll definitions));
      };
    submodule =
      module:
      mkType {
        name = "submodule";
        check = v: isAttrs v || isFunction v;
        deep = true;
        merge =
          path: definitions:
          (evalModules {
            prefix = path;
            specialArgs.name = elemAt path (length path - 1);
            modules = [ module ] ++ map (value: { config = value; }) definitions;
          }).config;
      };
    addCheck = type: check: type // { check = v: type.check v && check v; };
  };

  # A module as { options, config, freeformType }, its imports beside it.
  normalise =
    args: module:
    let
      loaded = if isPath module || isString module then import module else module;
      called = if isFunction loaded then loaded (intersectAttrs (builtins.functionArgs loaded) args) else loaded;
      isLong = called ? options || called ? config;
    in
    concatMap (normalise args) (called.imports or [ ])
    ++ [
      {
        options = called.options or { };
        config = if isLong then called.config or { } else removeAttrs called [ "imports" ];
        freeformType = called.freeformType or null;
      }
    ];

  isOption = value: property value == "option";

  mergeDeclarations =
    path: trees:
    let
      names = unique (concatMap attrNames trees);
    in
    listToAttrs (
      map (
        name:
        let
          here = map (t: t.${name}) (filter (hasAttr name) trees);
        in
        nameValuePair name (
          if isOption (head here) then
            if length here > 1 then throw "The option `${showPath (path ++ [ name ])}' is declared twice." else head here
          else
            mergeDeclarations (path ++ [ name ]) here
        )
      ) names
    );

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      args = specialArgs // {
        inherit config lib;
        options = declarations;
      };
      loaded = concatMap (normalise args) modules;
      declarations = mergeDeclarations prefix (map (m: m.options) loaded);
      freeforms = filter (t: t != null) (map (m: m.freeformType) loaded);

      place =
        path: declared: definitions:
        let
          defined = pushDownAll definitions;
          undeclared = filterAttrs (n: ds: !(hasAttr n declared) && isPresent ds) defined;
        in
        mapAttrs (
          name: option:
          let
            here = path ++ [ name ];
            ds = defined.${name} or [ ];
          in
          if !isOption option then
            place here option ds
          else
            (option.apply or (v: v)) (
              if isPresent ds then
                mergeDefinitions here option.type ds
              else if option ? default then
                mergeDefinitions here option.type [ option.default ]
              else
                throw "The option `${showPath here}' was accessed but has no value defined."
            )
        ) declared
        // (
          if undeclared == { } then
            { }
          else if path == prefix && freeforms != [ ] then
            mapAttrs (n: ds: ((head freeforms).merge path (map (d: { ${n} = d; }) ds)).${n}) undeclared
          else
            throw "The option `${showPath (path ++ [ (head (attrNames undeclared)) ])}' does not exist."
        );

      config = place prefix declarations (map (m: m.config) loaded);
    in
    {
      inherit config;
      options = declarations;
    };

  lib = {
    inherit
      all
      any
      attrNames
      attrValues
      concatLists
      concatMap
      concatStrings
      concatStringsSep
      elem
      escapeShellArg
      evalModules
      filter
      filterAttrs
      hasPrefix
      imap1
      isDerivation
      mapAttrs
      mapAttrsToList
      mkIf
      mkMerge
      mkOverride
      recursiveUpdate
      types
      unique
      ;
    mkOption = attrs: attrs // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkOptionDefault = mkOverride 1500;
    mkDefault = mkOverride 1000;
    mkForce = mkOverride 50;
    mkBefore = mkOrder 500;
    mkAfter = mkOrder 1500;
    concatMapStrings = f: list: concatStrings (map f list);
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    escapeShellArgs = args: concatStringsSep " " (map escapeShellArg args);
    hasSuffix =
      suffix: text:
      let
        start = stringLength text - stringLength suffix;
      in
      start >= 0 && substring start (stringLength suffix) text == suffix;
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    importJSON = file: builtins.fromJSON (builtins.readFile file);
    licenses.asl20 = { };
    removePrefix =
      prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    splitString = separator: text: filter isString (builtins.split separator text);
    literalExpression = text: { inherit text; };
    setAttrByPath =
      path: value: if path == [ ] then value else { ${head path} = lib.setAttrByPath (tail path) value; };
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    optionalString = condition: text: if condition then text else "";
  };
in
lib
