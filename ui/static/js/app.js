// What every page runs. A page with a board adds board.js itself.
import "./theme.js";
import "./live.js"; // before dialogs: it holds back a swap that would close one
import "./dialogs.js";
import "./forms.js";
import "./toast.js";
import "./sla.js";
import "./lists.js";
import "./panel.js";
import "./keys.js";
import "./palette.js";
import "./place.js";
