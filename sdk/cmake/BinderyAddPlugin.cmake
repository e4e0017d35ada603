# bnd_add_plugin(NAME SOURCES FILE... [LIBS LIBRARY...] [NO_INSTALL])
#
# Build the plugin NAME.so, which exports bnd_plugin_v1 and nothing else, has no
# undefined symbols, and is bound when it is loaded; install it to
# BINDERY_PLUGINDIR, and its manual page bindery-NAME.7 if there is one.
set(BINDERY_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map
  CACHE INTERNAL "What a plugin exports")

function(bnd_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_INSTALL" "" "SOURCES;LIBS")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "use bnd_add_plugin(NAME SOURCES FILE... [LIBS LIBRARY...] [NO_INSTALL])")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9-]*$")
    message(FATAL_ERROR "'${name}' cannot be the name of a plugin: use a letter"
      " from a to z, then letters, digits and '-'")
  endif()

  set(standard 17)
  if(CMAKE_VERSION VERSION_LESS 3.21) # which does not know it
    set(standard 11)
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE bindery::sdk ${arg_LIBS})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_STANDARD ${standard} C_STANDARD_REQUIRED ON
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS ${BINDERY_PLUGIN_MAP})
  target_link_options(${name} PRIVATE
    -Wl,-z,relro,-z,now -Wl,--version-script=${BINDERY_PLUGIN_MAP})
  # The sanitizers of clang live in the program alone.
  if(NOT (CMAKE_C_COMPILER_ID MATCHES "Clang" AND
      (BINDERY_SANITIZE OR CMAKE_C_FLAGS MATCHES "-fsanitize=")))
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()

  # The tree of bindery itself has its plugins together, for binderyd -p.
  get_target_property(is_imported bindery::sdk IMPORTED)
  if(NOT is_imported AND NOT CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  endif()
  # The host refuses plugins that others may write to or replace, as an umask
  # of 002 lets them.
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND chmod go-w $<TARGET_FILE:${name}> $<TARGET_FILE_DIR:${name}>
    VERBATIM)

  if(NOT arg_NO_INSTALL)
    include(GNUInstallDirs)
    # Below the prefix it follows "cmake --install --prefix".
    string(REPLACE "${CMAKE_INSTALL_PREFIX}/" "" destination
      "${BINDERY_PLUGINDIR}")
    install(TARGETS ${name} LIBRARY DESTINATION ${destination})
    set(page ${CMAKE_CURRENT_SOURCE_DIR}/bindery-${name}.7)
    if(EXISTS ${page})
      install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
    endif()
  endif()
endfunction()
