"use strict";

// Addresses are relative to the page, so that it works under any base path and without a network.
SwaggerUIBundle({
  dom_id: "#endpoints",
  url: "openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
